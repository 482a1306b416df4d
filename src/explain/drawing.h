/* SPDX-License-Identifier: MIT */
/* From a public function's options to a finished drawing. */
#ifndef HEED_EXPLAIN_DRAWING_H
#define HEED_EXPLAIN_DRAWING_H

#include "explain/picture.h"
#include "heed/explain.h"

/* options may be NULL; title of the picture is theirs. The caller frees *out with heed_text_free.
 */
heed_status heed__drawing_make(heed__picture *picture, const heed_draw_options *options, char **out,
                               size_t *size);

#endif
