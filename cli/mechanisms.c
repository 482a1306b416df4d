/* SPDX-License-Identifier: MIT */
#include "cli/mechanisms.h"

#define SPEC_ROW(flag, help)                                                                       \
    {                                                                                              \
        flag, 0, "SPEC", OPTION_TEXT, NULL, NULL, 0, 0, help                                       \
    }

static const option_row rows[] = {
    SPEC_ROW("score", "how a query meets a key: NAME or NAME:SETTING=VALUE,... (heed list "
                      "attention)"),
    {"scale", 0, "X", OPTION_NUMBER, NULL, NULL, 0, 0,
     "the score's factor; without it 1 / sqrt(D)"},
    SPEC_ROW("position", "how positions turn queries and keys"),
    {"rope", 0, "BASE", OPTION_TEXT, NULL, NULL, 0, 0,
     "rotary positions of this base; BASE,interleaved pairs neighbours"},
    SPEC_ROW("stage", "what happens to scores, or weights, in between; may be given again: in "
                      "order"),
    {"softcap", 0, "C", OPTION_NUMBER, NULL, NULL, 0, 0, "before other stages: C tanh(s / C)"},
    FILE_ROW("bias", "add these numbers to the scores: what broadcasts to [B, H, Tq, Tk]"),
    {"alibi", .help = "subtract the distance times the head's slope"},
    SPEC_ROW("normalizer", "what makes weights of scores, such as softmax or sparsemax"),
    FILE_ROW("sink", "softmax with a learned score [H] that no value belongs to"),

    FILE_ROW("mask", "booleans: true attends; numbers: added. Broadcasts from the right to "
                     "[B, H, Tq, Tk]; a shorter last dimension hides the rest"),
    {"causal", .help = "query i sees keys up to i + offset"},
    {"causal-offset", 0, "N|end|FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "where query 0 stands among the keys; end = the last query at the last key; or a file with "
     "one for each sequence; without it the rows of the past"},
    {"window", 0, "L,R", OPTION_TEXT, NULL, NULL, 0, 0,
     "query i sees keys i + offset - L to i + offset + R; -1 = open"},
    FILE_ROW("documents", "whole numbers [B, T]: rows see those with the same number"),
    SPEC_ROW("mask-pattern", "a mask such as causal or any(A,B); given again, all must hold"),
    FILE_ROW("kv-lengths", "whole numbers [B]: how many keys each sequence has (the past's too)"),
    FILE_ROW("q-lengths", "whole numbers [B]: how many queries each sequence has"),
    {"dropout", 0, "P", OPTION_NUMBER, "0", NULL, 0, 0.999,
     "drop weights with this probability, by --seed"},
    {"parameter", 0, "NAME=FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "a learned array; the plan names those that there are"},
    {"array", 0, "NAME=FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "an array of the batch that a mechanism reads; the plan names them"},
    {"engine", 0, "NAME", OPTION_TEXT, NULL, NULL, 0, 0,
     "compute with this engine; without it the best that can"},
    {"strict", .help = "refuse a plan that would be slow"},
};

int mechanism_option(size_t index, option_row *out)
{
    if (index >= sizeof rows / sizeof *rows) return 0;
    *out = rows[index];
    return 1;
}
