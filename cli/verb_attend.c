/* SPDX-License-Identifier: MIT */
/* heed attend: the operator on arrays. float64 is computed in float64, all else in float32. */
#include "cli/attend/entry.h"
#include "cli/mechanisms.h"
#include "cli/report.h"

static heed_status run(const options *given)
{
    heed_array q;
    const char *path = given->arguments[0];
    heed_status status = attend_check(given);
    if (status == HEED_OK) status = heed_array_read(path, &q);
    if (status != HEED_OK) return status;
    switch (q.kind) {
    case HEED_ARRAY_FLOAT32:
    case HEED_ARRAY_FLOAT16:
    case HEED_ARRAY_BFLOAT16:
        status = attend_run(given, &q);
        break;
    case HEED_ARRAY_FLOAT64:
#ifdef HEED_WITH_FLOAT64
        status = attend_run_f64(given, &q);
#else
        status = report(HEED_E_UNSUPPORTED,
                        "%s holds float64, which this heed was built without; save "
                        "array.astype('<f4')",
                        path);
#endif
        break;
    default:
        status = report(HEED_E_INVALID,
                        "%s holds %s; queries, keys and values must be float32, float64, float16 "
                        "or bfloat16",
                        path, heed_array_kind_name(q.kind));
    }
    heed_array_free(&q);
    return status;
}

static const option_row rows[] = {
    {"output", 'o', "FILE", OPTION_TEXT, NULL, NULL, 0, 0, "write the result, shaped like q"},
    {"heads", 0, "N", OPTION_INTEGER, "0", NULL, 0, 65536, "heads of q in [B, T, C]"},
    {"kv-heads", 0, "N", OPTION_INTEGER, "0", NULL, 0, 65536,
     "heads of k and v in [B, T, C]; 0 = as many as q"},

    FILE_ROW("past-key", "keys [B, Hkv, P, D] that come before k"),
    FILE_ROW("past-value", "values [B, Hkv, P, Dv] that come before v"),
    FILE_ROW("merge-output",
             "join the result with one over other keys, shaped like it; may be given "
             "again, each with its lse"),
    FILE_ROW("merge-lse", "that result's lse [B, H, Tq]"),
    FILE_ROW("lse", "write the logarithm of each row's sum [B, H, Tq]"),
    FILE_ROW("weights", "write the weights, before dropout [B, H, Tq, Tk]"),
    FILE_ROW("scores", "write the scores [B, H, Tq, Tk]"),
    {"scores-at", 0, "STEP", OPTION_CHOICE, "raw", "raw|softcap|mask", 0, 0,
     "which: raw, after the softcap, or after all stages and the mask"},
    FILE_ROW("entropy", "write each row's entropy in nats [B, H, Tq]"),
    FILE_ROW("mass", "write what each key gets from all queries [B, H, Tk]"),
    FILE_ROW("value-mass", "write the same times the length of the key's value [B, H, Tk]"),
    FILE_ROW("gradient-mass", "write each key's sum of weight x <--grad-output, value> [B, H, Tk]"),
    FILE_ROW("distance", "write how far each row looks, the mean of |i + offset - j| [B, H, Tq]"),
    FILE_ROW("distance-variance", "write its variance [B, H, Tq]"),
    FILE_ROW("support", "write how many keys each row gives a weight other than 0 [B, H, Tq]"),
    FILE_ROW("groups", "whole numbers [Tk], [B, Tk] or [B, H, Tk]: each key's group, from 0; below "
                       "0: none"),
    FILE_ROW("group-mass", "write what each row gives to each group of keys [B, H, Tq, groups]"),
    FILE_ROW("rollout", "write what the outputs rest on by way of this layer, half of it by its "
                        "residual path [B, T]"),
    FILE_ROW("rollout-from", "shares of the outputs [B, T], such as --rollout of the layer above; "
                             "without it all alike"),
    FILE_ROW("max", "write each row's largest weight [B, H, Tq]"),
    FILE_ROW("argmax", "write its key, -1 where there is none [B, H, Tq]"),
    FILE_ROW("topk", "write the heaviest keys of each row, -1 where none is left [B, H, Tq, top]"),
    FILE_ROW("topk-weights", "write their weights [B, H, Tq, top]"),
    {"top", 0, "N", OPTION_INTEGER, "8", NULL, 1, 64, "how many of them"},
    FILE_ROW("png", "draw one sequence's weights, a matrix for each head"),
    FILE_ROW("svg", "the same as a drawing that scales"),
    FILE_ROW("html", "the same as a page"),
    {"picture-of", 0, "WHAT", OPTION_CHOICE, "weights", "weights|seen", 0, 0,
     "what is drawn: weights, or which keys each query sees"},
    {"picture-sequence", 0, "N", OPTION_INTEGER, "0", NULL, 0, 1e9, "which sequence, from 0"},
    {"picture-head", 0, "N", OPTION_INTEGER, NULL, NULL, 0, 65535,
     "one head, from 0; without it all, side by side"},
    {"picture-scale", 0, "WHOSE", OPTION_CHOICE, "own", "own|shared", 0, 0,
     "the darkest colour: each head's own largest weight, or that of all heads"},
    {"title", 0, "TEXT", OPTION_TEXT, NULL, NULL, 0, 0, "stands over the picture"},
    {"width", 0, "PIXELS", OPTION_INTEGER, "900", NULL, 200, 8000,
     "most pixels that the png and the svg are wide"},
    FILE_ROW("present-key", "write the past's keys and k [B, Hkv, P + T, D]"),
    FILE_ROW("present-value", "write the past's values and v [B, Hkv, P + T, Dv]"),

    FILE_ROW("grad-output", "read the gradient of the output, shaped like it"),
    FILE_ROW("grad-lse", "read the gradient of lse [B, H, Tq]"),
    FILE_ROW("grad-q", "write the gradient of q"),
    FILE_ROW("grad-k", "write the gradient of k"),
    FILE_ROW("grad-v", "write the gradient of v"),
    FILE_ROW("grad-past-key", "write the gradient of the past's keys"),
    FILE_ROW("grad-past-value", "write the gradient of the past's values"),
    {"grad-parameter", 0, "NAME=FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "write the gradient of a learned array"},
    {"grad-array", 0, "NAME=FILE", OPTION_TEXT, NULL, NULL, 0, 0,
     "write the gradient of an array of the batch, such as bias.pairs"},

    {"lint",
     .help = "say what is odd about masks: rows that see nothing, flags that look inverted"},
    {"plan", .help = "say what was chosen, what it costs and which arrays it reads"},
    {"trace", .help = "print every step with its numbers (small inputs)"},
    {0},
};

static const verb_example examples[] = {
    {"heed attend q.npy k.npy v.npy -o o.npy --causal", "arrays [B, H, T, D]"},
    {"heed attend q.npy k.npy v.npy -o o.npy --heads 8 --kv-heads 2",
     "arrays [B, T, C], four heads to a key head"},
    {"heed attend q.npy k.npy v.npy --weights p.npy --normalizer sparsemax --softcap 30",
     "other mechanisms; heed list attention shows them"},
    {"heed attend q.npy k.npy v.npy --grad-output do.npy --grad-q dq.npy", "gradients"},
    {"heed attend q.npy k2.npy v2.npy -o o.npy --merge-output o1.npy --merge-lse lse1.npy",
     "joined with the result over other keys"},
    {"heed attend q.npy k.npy v.npy --png weights.png", "a picture of the weights"},
    {"heed attend q.npy k.npy v.npy --plan", "what it would cost"},
    {NULL, NULL},
};

const verb verb_attend = {
    .name = "attend",
    .summary = "run attention itself on arrays in .npy files",
    .arguments = "Q K V",
    .description =
        "Runs the attention operator on NumPy's arrays: queries [B, H, T, D] and keys and values "
        "[B, Hkv, T, D], or all [B, T, C] with --heads. float64 is computed in float64; float32, "
        "float16 and bfloat16 (stored as uint16) in float32; what is written has the kind of q "
        "(lse and sums at least float32). Each mechanism is a row of heed list "
        "attention, in its text form: sparsemax, softcap:cap=30, all(causal,window:left=16). One "
        "file that is read may be -, standard input, and one that is written -, standard output.",
    .least_arguments = 3,
    .most_arguments = 3,
    .options = rows,
    .more_options = mechanism_option,
    .more_heading = "mechanisms",
    .common = COMMON_THREADS | COMMON_SEED | COMMON_JSON | COMMON_QUIET,
    .examples = examples,
    .run = run,
};
