/* SPDX-License-Identifier: MIT */
/* The table of decoders. */
#include "model/decoder.h"

#include <string.h>

static const heed__decoder_kind *const kinds[] = {&heed__decoder_gru, &heed__decoder_lstm,
                                                  &heed__decoder_transformer};

enum { COUNT = sizeof kinds / sizeof *kinds };

const heed__decoder_kind *heed__decoder_find(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    return NULL;
}

const heed__decoder_kind *heed__decoder_at(size_t index)
{
    return index < COUNT ? kinds[index] : NULL;
}
