/* SPDX-License-Identifier: MIT */
/* heed explain with a translator: which words belong together, drawn as a matrix. */
#include "cli/aligning.h"
#include "cli/explaining.h"
#include "cli/gather.h"
#include "cli/reading.h"
#include "cli/report.h"
#include "cli/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pictures and what they are made of. */
typedef struct matrices {
    explaining *e;
    heed_align_choice choice;
    heed_translations **kept; /* [count] one text each */
    heed_alignment *drawn;    /* [count] */
    size_t room;
} matrices;

static heed_status make_room(matrices *m)
{
    size_t wanted = (size_t)m->e->count + 1;
    if (wanted <= m->room) return HEED_OK;
    size_t room = m->room ? 2 * m->room : 16;
    heed_translations **kept = realloc(m->kept, room * sizeof *kept);
    if (kept) m->kept = kept;
    heed_alignment *drawn = realloc(m->drawn, room * sizeof *drawn);
    if (drawn) m->drawn = drawn;
    char **names = realloc(m->e->names, room * sizeof *names);
    if (names) m->e->names = names;
    if (!kept || !drawn || !names) return report(HEED_E_NOMEM, "no memory for pictures");
    m->room = room;
    return HEED_OK;
}

static heed_alignment alignment_of(const char *name, const heed_translation *t)
{
    return (heed_alignment){.name = name,
                            .n_source = t->n_source_words,
                            .n_target = t->n_words,
                            .source = t->source_words,
                            .target = t->words,
                            .weights = t->word_weights,
                            .links = {.n = t->n_links, .items = t->links}};
}

/* Without words on both sides there is no picture. */
static heed_status check_drawable(const matrices *m, const char *name, const heed_translation *t)
{
    const char *side = t->n_source_words ? "target" : "source";
    if (t->n_source_words && t->n_words) return HEED_OK;
    if (!name) return report(HEED_E_DATA, "the %s has no words: there is nothing to draw", side);
    if (!options_flag(m->e->given, "quiet"))
        fprintf(stderr, "heed explain: %s: the %s has no words and is not drawn\n", name, side);
    return HEED_OK;
}

/* Translates the text, or goes by the target that is given. */
static heed_status add(matrices *m, const char *name, heed_text source, const heed_text *target)
{
    explaining *e = m->e;
    heed_translations *all = NULL;
    heed_status status = make_room(m);
    if (status != HEED_OK) return status;
    if (target) {
        const heed_score_options how = {.size = sizeof how, .weights = 1, .align = m->choice};
        status = heed_score(e->model, &source, target, 1, &how, &all);
    } else {
        const heed_translate_options how = {.size = sizeof how, .weights = 1, .align = m->choice};
        status = heed_translate(e->model, &source, 1, &how, &all);
    }
    if (status == HEED_E_DATA) return gather_blame_at(name ? name : "--source", status);
    if (status == HEED_OK) status = check_drawable(m, name, heed_translations_at(all, 0, 0));
    const heed_translation *first = status == HEED_OK ? heed_translations_at(all, 0, 0) : NULL;
    if (!first || !first->n_words || !first->n_source_words) {
        heed_translations_destroy(&all);
        return status;
    }
    char *copy = name ? malloc(strlen(name) + 1) : NULL;
    if (name && !copy) {
        heed_translations_destroy(&all);
        return report(HEED_E_NOMEM, "no memory for pictures");
    }
    if (copy) strcpy(copy, name);
    e->names[e->count] = copy;
    m->kept[e->count] = all;
    m->drawn[e->count++] = alignment_of(copy, heed_translations_at(all, 0, 0));
    return HEED_OK;
}

/* ---- texts from files ---- */

static heed_status add_row(matrices *m, const gathering *g, long long row)
{
    explaining *e = m->e;
    const char *rows = options_text(e->given, "rows");
    long long limit = options_integer(e->given, "limit");
    char name[512];
    if (rows && !options_given(e->given, "limit")) limit = 0;
    if (rows && !rows_hold(rows, row)) return HEED_OK;
    if (limit && e->count >= limit) {
        e->left_out++;
        return HEED_OK;
    }
    if (strcmp(g->places[0].path, "-") == 0)
        snprintf(name, sizeof name, "line %lld", g->places[0].line);
    else
        snprintf(name, sizeof name, "%s:%lld", g->places[0].path, g->places[0].line);
    return add(m, name, g->texts[0], NULL);
}

static heed_status add_files(matrices *m, heed_context *context)
{
    explaining *e = m->e;
    heed_read_options read;
    gathering g = {.most = 1};
    long long row = 0;
    heed_status status = reading_for_model(e->given, e->model, &read);
    if (status == HEED_OK) status = gather_open(&g, e->given, 1, context, &read);
    while (status == HEED_OK && (status = gather_next(&g)) == HEED_OK && g.n) {
        row++;
        if (e->last_row && row > e->last_row) break;
        if (g.texts[0].size) status = add_row(m, &g, row);
    }
    gather_close(&g);
    if (status == HEED_OK && e->last_row > row && e->count == 0)
        return report(HEED_E_INVALID, "--rows %s: the input has %lld rows",
                      options_text(e->given, "rows"), row);
    if (status == HEED_OK && e->left_out && !options_flag(e->given, "quiet"))
        fprintf(stderr,
                "heed explain: the first %lld texts are drawn, %lld are left out; pick others with "
                "--rows, or more with --limit\n",
                e->count, e->left_out);
    return status;
}

/* ---- the verb's part ---- */

heed_status explain_alignment_check(const options *given)
{
    static const char *const others[] = {"string", "methods", "keywords", "heat-maps", "removed"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (options_given(given, others[i]))
            return report(HEED_E_INVALID, "--%s is for models that label texts; %s translates%s",
                          others[i], given->arguments[0],
                          i == 0 ? ": use --source" : ", and its alignment is drawn");
    if (options_given(given, "target") && !options_given(given, "source"))
        return report(HEED_E_INVALID, "--target %s: of which text? name it with --source",
                      options_text(given, "target"));
    if (options_given(given, "source") && given->n_arguments > 1)
        return report(HEED_E_INVALID, "--source and %s were both given; choose one",
                      given->arguments[1]);
    return HEED_OK;
}

heed_status explain_alignment(explaining *e, heed_context *context, explain_draw draw)
{
    matrices m = {.e = e};
    const char *source = options_text(e->given, "source");
    const char *target = options_text(e->given, "target");
    heed_status status = aligning_choice(e->given, e->model, &m.choice);
    if (status == HEED_OK && source) {
        const heed_text text = {source, strlen(source)};
        const heed_text written = {target, target ? strlen(target) : 0};
        status = add(&m, NULL, text, target ? &written : NULL);
    } else if (status == HEED_OK) {
        status = add_files(&m, context);
    }
    e->alignments = m.drawn;
    if (status == HEED_OK) status = draw(e);
    e->alignments = NULL;
    for (long long i = 0; i < e->count; i++) heed_translations_destroy(&m.kept[i]);
    free(m.kept);
    free(m.drawn);
    return status;
}
