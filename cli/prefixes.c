/* SPDX-License-Identifier: MIT */
#include "cli/prefixes.h"

#include "cli/report.h"

#include <stdlib.h>
#include <string.h>

heed_status prefixes_open(prefixes *p, const options *given, heed_context *context, int room)
{
    *p = (prefixes){.one = options_text(given, "prefix"),
                    .path = options_text(given, "prefixes"),
                    .room = room};
    if (!p->one && !p->path) return HEED_OK;
    if (p->one && p->path)
        return report(HEED_E_INVALID, "--prefix and --prefixes were both given; choose one");
    p->texts = calloc((size_t)room, sizeof *p->texts);
    if (!p->texts) return report(HEED_E_NOMEM, "no memory for prefixes");
    if (p->one) {
        for (int i = 0; i < room; i++) p->texts[i] = (heed_text){p->one, strlen(p->one)};
        return HEED_OK;
    }
    const heed_read_options lines = {
        .format = HEED_FORMAT_LINES, .labelled = HEED_UNLABELLED, .abreast = 1, .max_bad = -1};
    return heed_reader_open(context, &p->path, 1, &lines, &p->reader);
}

static void forget(prefixes *p)
{
    for (int i = 0; i < p->n && p->reader; i++) free((char *)p->texts[i].bytes);
    p->n = 0;
}

static heed_status read_one(prefixes *p)
{
    heed_record record;
    heed_status status = heed_reader_next(p->reader, &record);
    if (status != HEED_OK) return status;
    if (record.end)
        return report(HEED_E_DATA,
                      "--prefixes %s: it ends before the texts do; give it a line (it "
                      "may be empty) for each of them",
                      p->path);
    char *copy = malloc(record.text.size + 1);
    if (!copy) return report(HEED_E_NOMEM, "no memory for prefixes");
    memcpy(copy, record.text.bytes, record.text.size);
    copy[record.text.size] = 0;
    p->texts[p->n++] = (heed_text){copy, record.text.size};
    return HEED_OK;
}

heed_status prefixes_next(prefixes *p, int n, const heed_text **out)
{
    heed_status status = HEED_OK;
    *out = p->texts;
    if (!p->reader) return HEED_OK;
    forget(p);
    while (p->n < n && status == HEED_OK) status = read_one(p);
    return status;
}

heed_status prefixes_end(prefixes *p)
{
    heed_record record;
    if (!p->reader) return HEED_OK;
    heed_status status = heed_reader_next(p->reader, &record);
    if (status != HEED_OK || record.end) return status;
    return report(HEED_E_DATA,
                  "--prefixes %s: line %lld has no text; there are fewer texts than "
                  "prefixes",
                  p->path, (long long)record.line);
}

void prefixes_close(prefixes *p)
{
    forget(p);
    heed_reader_close(&p->reader);
    free(p->texts);
}
