/* SPDX-License-Identifier: MIT */
/* Attention in ten lines: two texts of 3 and 2 words, padded to 3, two heads of size 1.
 * Build: cc attention.c $(pkg-config --cflags --libs heed-attention) */
#include "heed/attention.h"

#include <stdio.h>

int main(void)
{
    const float x[2][2][3] = {{{1, 0, 2}, {0, 1, 1}}, {{2, 0, 99}, {0, 2, 99}}};
    const int64_t words[2] = {3, 2}; /* the third word of the second text is padding */
    float o[2][2][3];
    heed_attention_arrays a = {.size = sizeof a, .batch = 2, .heads = 2, .queries = 3, .keys = 3};
    a.head_size = 1;
    a.q = a.k = a.v = &x[0][0][0]; /* [batch, heads, words, head size] */
    a.query_lengths = a.key_lengths = words;
    a.o = &o[0][0][0];
    if (heed_attention_padded(NULL, &a) != HEED_OK) return puts(heed_status_message()), 1;
    for (int t = 0; t < 2; t++)
        for (int w = 0; w < 3; w++)
            printf("text %d word %d: %.3f %.3f\n", t, w, o[t][0][w], o[t][1][w]);
    return 0;
}
