/* SPDX-License-Identifier: MIT */
/* Attention in ten lines: two texts of 3 and 2 words, padded to 3, one head of size 2.
 * Build: cc attention.c $(pkg-config --cflags --libs heed) */
#include "heed/attention.h"

#include <stdio.h>

int main(void)
{
    const float x[2 * 3 * 2] = {1, 0, 0, 1, 1, 1, 2, 0, 0, 2, 9, 9};
    const int64_t lengths[2] = {3, 2}; /* the last row of the second text is padding */
    float o[2 * 3 * 2], lse[2 * 3];
    heed_attention_arrays arrays = {.size = sizeof arrays, .batch = 2, .heads = 1, .queries = 3,
                                    .keys = 3, .head_size = 2, .q = x, .k = x, .v = x,
                                    .query_lengths = lengths, .key_lengths = lengths,
                                    .o = o, .lse = lse};
    if (heed_attention_padded(NULL, &arrays) != HEED_OK)
        return fprintf(stderr, "%s\n", heed_status_message()), 1;
    for (int row = 0; row < 6; row++) printf("%.4f %.4f\n", o[2 * row], o[2 * row + 1]);
    return 0;
}
