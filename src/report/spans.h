/* SPDX-License-Identifier: MIT */
/* The spans of one text: those that are true beside those that a model found. */
#ifndef HEED_REPORT_SPANS_H
#define HEED_REPORT_SPANS_H

#include "base/buffer.h"
#include "heed/tags.h"
#include "train/tag_counts.h"

extern const char heed__report_spans_style[], heed__report_spans_dark[];

/* Starts from zero; filled again for each text. */
typedef struct heed__report_spans {
    const heed_tagged *tagged;
    int64_t text;
    int output;
    heed__buffer given;      /* the tags that were given, parted by blanks */
    heed__tag_counts counts; /* of this text; its spans are the true ones, then the given ones */
} heed__report_spans;
void heed__report_spans_free(heed__report_spans *spans);

/* gold: the true tags, parted by blanks. Errors HEED_E_DATA (not as many as words), HEED_E_NOMEM.
 */
heed_status heed__report_spans_read(heed__report_spans *spans, const heed_model *model,
                                    const heed_tagged *tagged, int64_t text, int output,
                                    heed_text gold);
/* How many were missed, and found that are none; of tags that mark no spans, wrong words. */
int64_t heed__report_spans_wrong(const heed__report_spans *spans);
/* Two lines. text: of which spans are marked, as far as it goes. */
void heed__report_spans_put(heed__buffer *out, const heed__report_spans *spans, heed_text text);

#endif
