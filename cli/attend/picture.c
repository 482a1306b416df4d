/* SPDX-License-Identifier: MIT */
/* A picture of one sequence: a matrix for each head, or of one, queries down and keys across. */
#include "cli/attend/attend.h"

#include "cli/report.h"

#include "heed/config.h"
#include "heed/explain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SIDE = 128, MOST_HEADS = 16, MOST_ACROSS = 4, LABEL_ROOM = 24 };

static const char *const formats[] = {"png", "svg", "html"};
enum { FORMATS = sizeof formats / sizeof *formats };

int attend_wants_picture(const options *given)
{
    for (int i = 0; i < FORMATS; i++)
        if (options_given(given, formats[i])) return 1;
    return 0;
}

/* What is drawn: `heads` of them from `head` on. */
typedef struct choice {
    int64_t sequence, head, heads, rows, keys;
} choice;

typedef struct picture {
    choice of;
    float *numbers;                      /* [heads, rows, keys] */
    char text[2][MOST_SIDE][LABEL_ROOM]; /* of rows, of keys */
    const char *labels[2][MOST_SIDE];
    char names[MOST_HEADS][2 * LABEL_ROOM];
    heed_alignment matrices[MOST_HEADS];
} picture;

static heed_status choose(const attend *a, choice *p)
{
    *p = (choice){0};
    const heed_attention_batch *batch = &a->batch_of;
    int one = options_given(a->given, "picture-head");
    p->sequence = options_integer(a->given, "picture-sequence");
    p->head = one ? options_integer(a->given, "picture-head") : 0;
    p->heads = one ? 1 : a->heads;
    if (p->sequence >= a->batch)
        return report(HEED_E_INVALID, "--picture-sequence %lld: there are 0 to %lld",
                      (long long)p->sequence, (long long)a->batch - 1);
    if (p->head >= a->heads)
        return report(HEED_E_INVALID, "--picture-head %lld: there are 0 to %lld",
                      (long long)p->head, (long long)a->heads - 1);
    p->rows = attend_length(&batch->queries, p->sequence);
    p->keys = attend_length(&batch->keys, p->sequence);
    return HEED_OK;
}

heed_status attend_picture_check(const attend *a)
{
    choice p;
    heed_status status = choose(a, &p);
    if (status != HEED_OK) return status;
    if (p.heads > MOST_HEADS)
        return report(HEED_E_INVALID,
                      "a picture of %lld heads is too big; it may have %d: choose one with "
                      "--picture-head N",
                      (long long)p.heads, MOST_HEADS);
    if (p.rows > MOST_SIDE || p.keys > MOST_SIDE)
        return report(HEED_E_INVALID,
                      "a picture of %lld queries and %lld keys is too big; it may have %d of each: "
                      "cut the arrays, or ask for --mass, --entropy or --weights",
                      (long long)p.rows, (long long)p.keys, MOST_SIDE);
    if (p.rows > 0 && p.keys > 0) return HEED_OK;
    return report(HEED_E_DATA,
                  "sequence %lld has %lld queries and %lld keys: there is nothing to draw",
                  (long long)p.sequence, (long long)p.rows, (long long)p.keys);
}

/* Positions, as many as can be read. */
static void set_labels(picture *p)
{
    int64_t most = p->of.rows > p->of.keys ? p->of.rows : p->of.keys;
    int64_t step = most <= 10 ? 1 : most <= 20 ? 2 : most <= 60 ? 5 : 10;
    for (int side = 0; side < 2; side++)
        for (int64_t i = 0; i < (side ? p->of.keys : p->of.rows); i++) {
            if (i % step == 0) snprintf(p->text[side][i], LABEL_ROOM, "%lld", (long long)i);
            p->labels[side][i] = p->text[side][i];
        }
}

/* Of one head: its weights, or which pairs are seen. */
static heed_status fill(attend *a, int64_t sequence, int64_t head, int64_t count, heed_real *room,
                        float *out)
{
    int seen = strcmp(options_text(a->given, "picture-of"), "seen") == 0;
    heed_status status = attend_matrix(a, seen ? -1 : LOOK_WEIGHTS, sequence, head, room);
    for (int64_t i = 0; i < count && status == HEED_OK; i++)
        out[i] = seen ? room[i] != -(heed_real)INFINITY : (float)room[i];
    return status;
}

static heed_status fill_all(attend *a, picture *p)
{
    int64_t size = p->of.rows * p->of.keys;
    heed_real *room = malloc((size_t)size * sizeof *room);
    p->numbers = malloc((size_t)(size * p->of.heads) * sizeof *p->numbers);
    heed_status status = room && p->numbers ? HEED_OK : report(HEED_E_NOMEM, "no memory to draw");
    for (int64_t h = 0; h < p->of.heads && status == HEED_OK; h++) {
        float *numbers = p->numbers + h * size;
        status = fill(a, p->of.sequence, p->of.head + h, size, room, numbers);
        snprintf(p->names[h], sizeof p->names[h], "head %lld", (long long)(p->of.head + h));
        p->matrices[h] = (heed_alignment){.name = a->heads > 1 ? p->names[h] : NULL,
                                          .n_source = p->of.keys,
                                          .n_target = p->of.rows,
                                          .source = p->labels[1],
                                          .target = p->labels[0],
                                          .weights = numbers,
                                          .source_axis = "key",
                                          .target_axis = "query"};
    }
    free(room);
    return status;
}

/* The heads' colours mean the same: the darkest is the largest weight of all. */
static void share_scale(picture *p)
{
    float largest = 0;
    for (int64_t i = 0; i < p->of.heads * p->of.rows * p->of.keys; i++)
        if (isfinite(p->numbers[i]) && p->numbers[i] > largest) largest = p->numbers[i];
    for (int64_t h = 0; h < p->of.heads; h++) p->matrices[h].darkest = largest;
}

static heed_status draw(attend *a, const picture *p, const char *format)
{
    const char *path = options_text(a->given, format);
    heed_draw_options how = {.renderer = format,
                             .title = options_text(a->given, "title"),
                             .width = (int)options_integer(a->given, "width"),
                             .across = MOST_ACROSS};
    char *bytes = NULL;
    size_t size = 0;
    if (!path) return HEED_OK;
    heed_status status = heed_alignment_draw(p->matrices, p->of.heads, &how, &bytes, &size);
    if (status == HEED_OK) status = attend_write_bytes(path, bytes, size);
    if (status == HEED_OK)
        json_array_append_new(a->written, json_pack("{s:s, s:s}", "name", format, "file", path));
    heed_text_free(bytes);
    return status;
}

heed_status attend_picture(attend *a)
{
    if (!attend_wants_picture(a->given)) return HEED_OK;
    picture *p = calloc(1, sizeof *p);
    if (!p) return report(HEED_E_NOMEM, "no memory to draw");
    heed_status status = choose(a, &p->of);
    if (status == HEED_OK) {
        set_labels(p);
        status = fill_all(a, p);
    }
    if (status == HEED_OK && strcmp(options_text(a->given, "picture-scale"), "shared") == 0)
        share_scale(p);
    for (int i = 0; i < FORMATS && status == HEED_OK; i++) status = draw(a, p, formats[i]);
    free(p->numbers);
    free(p);
    return status;
}
