/* SPDX-License-Identifier: MIT */
/*
 * Recomputing: what of a block is run again before its backward pass, and so when everything
 * happens.
 *
 *     forward    1 2 [3 4 5] 6 [7 8 9] loss
 *     backward   loss [7 8 9 9' 8' 7'] 6' [3 4 5 5' 4' 3'] 2' 1'
 *
 * Of a block only what nodes outside read (its border) is held; and only what its backward pass
 * reads, or what that is made of, is run again: so not the sum at a layer's end.
 */
#include "autograd/tape_inside.h"

static int in_block(const heed__tape *tape, heed__var reader, heed__var value)
{
    return tape->plan[value].block && tape->plan[value].block == tape->plan[reader].block;
}

int heed__tape_kind(const heed__tape *tape, heed__var reader, heed__var value, heed__when when)
{
    int again = when != HEED_FORWARD && tape->plan[value].again && in_block(tape, reader, value);
    return again ? VALUE_AGAIN : VALUE;
}

int heed__tape_ends_block(const heed__tape *tape, heed__var at)
{
    int last = (size_t)at + 1 == tape->count;
    return tape->plan[at].block && (last || !in_block(tape, at + 1, at));
}

/* What is read outside its block, or kept, is there all the time. */
static void find_borders(heed__tape *tape)
{
    for (heed__var i = 0; i < (heed__var)tape->count; i++) {
        const heed__node *n = &tape->nodes[i];
        if (n->keep) tape->plan[i].border = 1;
        for (int j = 0; j < n->inputs; j++)
            if (!in_block(tape, i, n->input[j])) tape->plan[n->input[j]].border = 1;
    }
}

/* `reader` will read the value of `value`. */
static void want_again(heed__tape *tape, heed__var reader, heed__var value)
{
    heed__planned *p = &tape->plan[value];
    if (p->op && !p->border && in_block(tape, reader, value)) p->again = 1;
}

/* Readers come after what they read, so that one pass from the end finds all. */
static void find_again(heed__tape *tape)
{
    for (heed__var i = (heed__var)tape->count - 1; i >= 0; i--) {
        const heed__node *n = &tape->nodes[i];
        heed__planned *p = &tape->plan[i];
        if (!n->block || !n->op) continue;
        if (n->wants_grad && n->saved && !n->keep) p->again = 1;
        if (n->wants_grad && (n->reads & HEED_READS_OUTPUT)) want_again(tape, i, i);
        for (int j = 0; j < n->inputs; j++)
            if (p->again || (n->wants_grad && (n->reads & HEED_READS(j))))
                want_again(tape, i, n->input[j]);
    }
}

static int goes_at_once(const heed__node *loss, int backward)
{
    return backward && loss->op && loss->op->at_once && loss->wants_grad && !loss->block;
}

void heed__tape_time(heed__tape *tape, int backward)
{
    int32_t now = (int32_t)tape->count;
    if (backward && tape->blocks) {
        find_borders(tape);
        find_again(tape);
    }
    heed__var i = (heed__var)tape->count - 1;
    if (i >= 0 && goes_at_once(&tape->nodes[i], backward)) {
        tape->plan[i].at_once = 1;
        tape->plan[i].back_at = i;
        i--;
    }
    for (; i >= 0; i--) {
        if (heed__tape_ends_block(tape, i)) {
            heed__var from = i;
            while (from > 0 && in_block(tape, from - 1, i)) from--;
            for (heed__var j = from; j <= i; j++)
                if (tape->plan[j].again) tape->plan[j].again_at = now++;
        }
        tape->plan[i].back_at = now++;
    }
    tape->plan_steps = now;
}
