/* SPDX-License-Identifier: MIT */
/* Any text names mechanisms or is refused with a message. Each line is a table's first letter and a
 * record ("m window:left=3"); what can be planned says itself and runs on a small batch. */
#include "fuzz.h"

#include "heed/attention.h"

#include <string.h>

enum { HEADS = 2, SIZE = 4, ROWS = 70, MOST_STAGES = 8, MOST_TEXT = 512, MOST_REALS = 1 << 20 };

typedef struct sentence {
    heed_attention_spec *specs[4 + MOST_STAGES]; /* score, normaliser, mask, position, stages */
    const heed_attention_part *stages[MOST_STAGES];
    heed_attention_options options;
} sentence;

static void *zeros(size_t count, size_t size)
{
    void *x = aligned_alloc(64, (count * size + 64) / 64 * 64);
    if (!x) abort();
    return memset(x, 0, (count * size + 64) / 64 * 64);
}

/* One line. A table that was named before keeps what it has; stages queue up. */
static void take(sentence *s, char letter, const char *text)
{
    static const char letters[] = "snmpt";
    static const char *const tables[] = {"score", "normaliser", "mask", "position", "stage"};
    const char *found = letter ? strchr(letters, letter) : NULL;
    int table = found ? (int)(found - letters) : 0;
    int at = table == 4 ? 4 + (int)s->options.stage_count : table;
    if (at == 4 + MOST_STAGES || s->specs[at]) return;
    if (heed_attention_spec_parse(tables[table], text, &s->specs[at]) != HEED_OK) {
        if (s->specs[at] || !*heed_status_message()) abort();
        return;
    }
    const heed_attention_part *part = heed_attention_spec_part(s->specs[at]);
    const heed_attention_part **places[] = {&s->options.score, &s->options.normaliser,
                                            &s->options.mask, &s->options.position};
    if (table < 4)
        *places[table] = part;
    else
        s->stages[s->options.stage_count++] = part;
}

static void take_all(sentence *s, const uint8_t *bytes, size_t size)
{
    char line[MOST_TEXT];
    for (size_t begin = 0; begin < size;) {
        const uint8_t *end = memchr(bytes + begin, '\n', size - begin);
        size_t length = end ? (size_t)(end - bytes) - begin : size - begin;
        size_t kept = length < MOST_TEXT ? length : MOST_TEXT - 1;
        memcpy(line, bytes + begin, kept);
        line[kept] = 0;
        take(s, line[0], kept > 2 ? line + 2 : "");
        begin += length + 1;
    }
}

/* Arrays that a mechanism reads are zeros, and so are q, k and v. */
static void run(const heed_attention_plan *plan, const heed_attention_sizes *sizes)
{
    heed_attention_extra extras[16] = {0};
    const heed_real *parameters[32] = {0};
    heed_attention_parameter p;
    size_t most = HEADS * ROWS * ROWS, reals = sizes->forward;
    for (size_t i = 0; heed_attention_plan_parameter(plan, i, &p); i++)
        if ((size_t)(p.rows * p.columns) > most) most = (size_t)(p.rows * p.columns);
    if (most > MOST_REALS || reals > MOST_REALS) return;
    void *none = zeros(most, sizeof(int64_t));
    heed_real *o = zeros(HEADS * ROWS * SIZE, sizeof *o), *lse = zeros(HEADS * ROWS, sizeof *lse);
    heed_real *workspace = zeros(reals, sizeof *workspace);
    for (size_t i = 0; i < sizes->parameters; i++) parameters[i] = none;
    for (size_t i = 0; i < sizes->extras; i++) extras[i].data = none;
    heed_attention_batch batch = {.size = sizeof batch,
                                  .sequences = 1,
                                  .queries = {.length = ROWS},
                                  .keys = {.length = ROWS},
                                  .extras = extras,
                                  .extra_count = sizes->extras};
    heed_attention_input in = {none, 0, HEADS * SIZE, SIZE};
    heed_attention_forward_tensors tensors = {.size = sizeof tensors,
                                              .q = in,
                                              .k = in,
                                              .v = in,
                                              .o = {o, 0, HEADS * SIZE, SIZE},
                                              .lse = {lse, 0, HEADS, 1},
                                              .parameters = parameters};
    heed_attention_counts counts = {.size = sizeof counts};
    if (heed_attention_forward(plan, &batch, &tensors, workspace) != HEED_OK ||
        heed_attention_count(plan, &batch, parameters, &counts) != HEED_OK)
        if (!*heed_status_message()) abort();
    if (counts.seen > counts.pairs || counts.pairs > HEADS * ROWS * ROWS) abort();
    free(none), free(o), free(lse), free(workspace);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    sentence s = {.options = {.size = sizeof s.options, .heads = HEADS, .head_size = SIZE}};
    heed_attention_capacity room = {
        .size = sizeof room, .sequences = 1, .longest_query = ROWS, .longest_key = ROWS};
    heed_attention_sizes sizes = {.size = sizeof sizes};
    heed_attention_plan *plan = NULL;
    s.options.stages = s.stages;
    take_all(&s, bytes, size);
    if (heed_attention_plan_create(NULL, &s.options, &room, &plan) == HEED_OK) {
        char text[300];
        heed_attention_plan_describe(plan, text, sizeof text);
        if (heed_attention_plan_sizes(plan, &sizes) == HEED_OK) run(plan, &sizes);
    } else if (!*heed_status_message()) {
        abort();
    }
    heed_attention_plan_destroy(&plan);
    for (int i = 0; i < 4 + MOST_STAGES; i++) heed_attention_spec_destroy(&s.specs[i]);
    return 0;
}
