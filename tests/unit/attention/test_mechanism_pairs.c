/* SPDX-License-Identifier: MIT */
/*
 * Every pair of rows either runs, forward and backward, with the bits of the reference and nothing
 * that is not finite, or is refused by the plan with the words that docs/attention.md lists it
 * under. (That its gradients are right is what test_mechanism_random finds.)
 */
#include "check.h"

#include "attention/mechanism_pairs.h"

#include <ctype.h>
#include <stdio.h>

enum { REFUSALS = 64, CELL = 16 };

/* ---- the list of the docs */

typedef struct named {
    char table[16], name[32];
} named;

typedef struct refusal {
    named row[2];
    char words[80]; /* of the message */
    int met;
} refusal;

typedef struct refusals {
    refusal list[REFUSALS];
    int count;
} refusals;

static int is_table(const char *word)
{
    static const char *const tables[] = {"score", "normaliser", "mask", "position", "stage"};
    for (int t = 0; t < 5; t++)
        if (strcmp(word, tables[t]) == 0) return 1;
    return 0;
}

/* The rows that a cell names: "stage `shaw`, `xl`, position `rotary`". */
static int read_cell(const char *cell, named *out)
{
    named row = {.table = ""};
    int count = 0;
    for (size_t n; *cell; cell += n ? n : 1) {
        char word[32] = "";
        int quoted = *cell == '`';
        cell += quoted;
        n = strspn(cell, "abcdefghijklmnopqrstuvwxyz_0123456789");
        snprintf(word, sizeof word, "%.*s", (int)n, cell);
        if (!quoted && is_table(word)) snprintf(row.table, sizeof row.table, "%s", word);
        if (!quoted) continue;
        assert_true(count < CELL && n > 0 && row.table[0]);
        snprintf(row.name, sizeof row.name, "%s", word);
        out[count++] = row;
        n++; /* the closing quote */
    }
    return count;
}

/* | rows | rows | words of the message | */
static void read_line(char *line, refusals *r)
{
    named left[CELL], right[CELL];
    const char *cell[3];
    for (int c = 0; c < 3; c++) cell[c] = strtok(c ? NULL : line, "|");
    assert_true(cell[0] && cell[1] && cell[2]);
    int n = read_cell(cell[0], left), m = read_cell(cell[1], right);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++) {
            assert_true(r->count < REFUSALS);
            refusal *x = &r->list[r->count++];
            *x = (refusal){.row = {left[i], right[j]}};
            sscanf(cell[2], " %79[^\n]", x->words);
            for (size_t k = strlen(x->words); k && isspace((unsigned char)x->words[k - 1]); k--)
                x->words[k - 1] = 0;
        }
}

/* The table after "**Refused together**". */
static void read_refusals(const char *path, refusals *r)
{
    char line[512];
    FILE *file = fopen(path, "r");
    int inside = 0, rows = 0;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        inside |= strncmp(line, "**Refused together**", 20) == 0;
        if (inside && line[0] != '|' && rows) break;
        if (inside && line[0] == '|' && rows++ > 1) read_line(line, r);
    }
    fclose(file);
    assert_true(r->count > 0);
}

/* ---- the walk */

typedef struct walk {
    refusals docs;
    int refused;
} walk;

static void complain(const pair *p, const char *what, const char *more)
{
    char name[512];
    trial_name(&p->t, name, sizeof name);
    fail_msg("%s `%s` with %s `%s` (%s): %s%s", p->row[0].table, p->row[0].name, p->row[1].table,
             p->row[1].name, name, what, more);
}

static int is(const heed_attention_entry *row, const named *n)
{
    return strcmp(row->table, n->table) == 0 && strcmp(row->name, n->name) == 0;
}

static void expect_listed(const pair *p, walk *w)
{
    const char *message = heed_status_message();
    w->refused++;
    for (int i = 0; i < w->docs.count; i++) {
        refusal *x = &w->docs.list[i];
        if (!(is(&p->row[0], &x->row[0]) && is(&p->row[1], &x->row[1])) &&
            !(is(&p->row[0], &x->row[1]) && is(&p->row[1], &x->row[0])))
            continue;
        if (!strstr(message, x->words))
            complain(p, "docs/attention.md has other words than: ", message);
        x->met = 1;
        return;
    }
    complain(p, "docs/attention.md does not list it among those refused together: ", message);
}

static void expect_finite(const pair *p, const char *what, const heed_real *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i])) complain(p, "not finite: ", what);
}

static void check_pair(const pair *p, void *arg)
{
    walk *w = arg;
    trial_run r, plain;
    if (!trial_make(&r, &p->t, NULL, NULL, NULL)) {
        expect_listed(p, w);
        trial_free(&r);
        return;
    }
    assert_true(trial_make(&plain, &p->t, NULL, NULL, "reference"));
    trial_forward(&r), trial_backward(&r);
    trial_forward(&plain), trial_backward(&plain);
    trial_compare(&r, &plain, "against the reference");
    expect_finite(p, "o", r.o, r.o_count);
    for (int a = 0; a < r.count; a++)
        expect_finite(p, r.arrays[a].name, r.arrays[a].gradient, r.arrays[a].count);
    trial_free(&r), trial_free(&plain);
}

static void test_pairs(void **state)
{
    walk w = {.refused = 0};
    (void)state;
    read_refusals("docs/attention.md", &w.docs);
    int64_t count = pairs_each(check_pair, &w);
    for (int i = 0; i < w.docs.count; i++) {
        const refusal *x = &w.docs.list[i];
        if (!x->met)
            fail_msg("docs/attention.md says that %s `%s` and %s `%s` are refused together; they "
                     "are not",
                     x->row[0].table, x->row[0].name, x->row[1].table, x->row[1].name);
    }
    print_message("%lld pairs, %d of them refused\n", (long long)count, w.refused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
