/* SPDX-License-Identifier: MIT */
/* The first line is a hypothesis, the others are references. What is not UTF-8 is refused; anything
 * else has a score from 0 to 100 (TER: and more), alone and in a corpus. Read as a file, the same
 * bytes are scores or an error. */
#include "fuzz.h"

#include "heed/text_metrics.h"

#include "data/utf8.h"

#include <math.h>
#include <string.h>

enum { MOST_REFERENCES = 4 };

static void check_range(const char *name, double score)
{
    double most = strcmp(name, "ter") == 0 ? INFINITY : 100.0000001;
    if (!(score >= 0 && score <= most)) abort();
}

static void measure(const char *name, const heed_text_metric_options *options, heed_text hypothesis,
                    const heed_text *references, int n, int valid)
{
    heed_text_metric *m = NULL;
    const heed_text_score *total;
    const char *shown;
    double score;
    if (heed_text_metric_create(name, options, &m) != HEED_OK) abort();
    heed_status status = heed_text_metric_add(m, hypothesis, references, n, &score);
    if (status != (valid ? HEED_OK : HEED_E_DATA)) abort();
    if (valid) {
        check_range(name, score);
        if (heed_text_metric_add(m, hypothesis, &hypothesis, 1, &score) != HEED_OK) abort();
        check_range(name, score);
        if (heed_text_metric_score(m, &total) != HEED_OK) abort();
        check_range(name, total->score);
        if (heed_text_metric_line(m, &shown) != HEED_OK) abort();
        if (heed_text_metric_json(m, 0, &shown) != HEED_OK) abort();
    }
    heed_text_metric_destroy(&m);
}

static void measure_all(heed_text hypothesis, const heed_text *references, int n, int valid)
{
    heed_text_metric_entry entry;
    const char *tokenize, *help;
    for (size_t i = 0; heed_text_metric_at(i, &entry); i++)
        for (size_t k = 0; heed_text_metric_tokenize_at(k, &tokenize, &help); k++) {
            if (!entry.tokenize && k > 1) break;
            heed_text_metric_options options = {.tokenize = entry.tokenize ? tokenize : NULL,
                                                .lowercase = k % 2 == 0};
            if (entry.smooths) options.smooth = k % 2 == 0 ? "add-k" : "floor";
            measure(entry.name, &options, hypothesis, references, n, valid);
        }
}

static void read_file(const uint8_t *bytes, size_t size)
{
    char path[32];
    int file = fuzz_file(bytes, size, path);
    const char *references[] = {path};
    heed_text_metric *m = NULL;
    heed_text_metric_files files = {
        .hypotheses = path, .references = references, .n_references = 1, .tabs = 1};
    if (heed_text_metric_create("bleu", NULL, &m) != HEED_OK) abort();
    heed_status status = heed_text_metric_read(&m, 1, &files);
    if (status != HEED_OK && status != HEED_E_DATA && status != HEED_E_FORMAT) abort();
    heed_text_metric_destroy(&m);
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const char *at = (const char *)bytes, *end = at + size;
    heed_text texts[1 + MOST_REFERENCES];
    int n = 0;
    while (n < MOST_REFERENCES + 1) {
        const char *stop = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        if (!stop || n == MOST_REFERENCES) stop = end;
        texts[n++] = (heed_text){at, (size_t)(stop - at)};
        if (stop == end) break;
        at = stop + 1;
    }
    if (n == 1) texts[n++] = texts[0];
    int valid = heed__utf8_valid((const char *)bytes, size) == size;
    measure_all(texts[0], texts + 1, n - 1, valid);
    read_file(bytes, size);
    return 0;
}
