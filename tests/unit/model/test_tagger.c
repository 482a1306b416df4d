/* SPDX-License-Identifier: MIT */
/* Tags out of logits: the best sequence and each tag's probability, against all sequences there
 * are; the loss of a chain against the same. */
#include "check.h"

#include "autograd/tape.h"
#include "base/memory.h"
#include "base/random.h"
#include "model/tagger.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

enum { K = 5, LONGEST = 5 };
static const char *const names[K] = {"B-a", "B-b", "I-a", "I-b", "O"};
static float moves[(K + 2) * K], logits[LONGEST * K];

static heed__labels *labels;
static heed__param moves_param;

static heed__model_output output_of(int chain, int follows)
{
    moves_param = (heed__param){.rows = K + 2, .cols = K, .data = moves};
    return (heed__model_output){
        .labels = labels, .count = K, .follows = follows, .moves = chain ? &moves_param : NULL};
}

static void draw(uint64_t seed)
{
    heed__random random;
    heed__random_start(&random, seed, HEED_RANDOM_WEIGHTS);
    for (int i = 0; i < (K + 2) * K; i++) moves[i] = 4 * (float)heed__random_uniform(&random) - 2;
    for (int i = 0; i < LONGEST * K; i++) logits[i] = 4 * (float)heed__random_uniform(&random) - 2;
}

/* I-x after B-x or I-x only; from -1, the beginning. */
static int may_follow(int from, int to)
{
    return to != 2 && to != 3 ? 1 : from == to - 2 || from == to;
}

/* Over all sequences of n tags: the best allowed one, and the weights of each word's tags. */
typedef struct everything {
    double best, sum, shares[LONGEST][K];
    int path[LONGEST];
} everything;

static double score_of(const int *path, int n, int chain)
{
    double score =
        chain ? (double)moves[K * K + path[0]] + (double)moves[(K + 1) * K + path[n - 1]] : 0;
    for (int t = 0; t < n; t++) {
        score += (double)logits[t * K + path[t]];
        if (chain && t) score += (double)moves[path[t - 1] * K + path[t]];
    }
    return score;
}

static everything enumerate(int n, int chain, int follows)
{
    everything all = {.best = -1e30};
    long total = 1;
    for (int t = 0; t < n; t++) total *= K;
    for (long code = 0; code < total; code++) {
        int path[LONGEST], good = 1;
        long rest = code;
        for (int t = 0; t < n; t++, rest /= K) path[t] = (int)(rest % K);
        for (int t = 0; t < n; t++) good &= !follows || may_follow(t ? path[t - 1] : -1, path[t]);
        double score = score_of(path, n, chain), weight = exp(score);
        all.sum += weight;
        for (int t = 0; t < n; t++) all.shares[t][path[t]] += weight;
        if (good && score > all.best) {
            all.best = score;
            memcpy(all.path, path, sizeof path);
        }
    }
    return all;
}

static void check_case(int n, int chain, int follows)
{
    heed__model_output output = output_of(chain, follows);
    heed__tagger tagger = {0};
    int32_t found[LONGEST], gold[LONGEST] = {4, 0, -1, 1, 3};
    float sure[LONGEST], gold_sure[LONGEST];
    everything all = enumerate(n, chain, follows);
    check_ok(heed__tagger_start(&tagger, &output));
    check_ok(heed__tagger_run(&tagger, &output, n, logits, found, sure, gold, gold_sure));
    for (int t = 0; t < n; t++) {
        assert_int_equal(found[t], all.path[t]);
        double share = all.shares[t][found[t]] / all.sum;
        double of_gold = gold[t] < 0 ? 0 : all.shares[t][gold[t]] / all.sum;
        assert_true(fabs((double)sure[t] - share) < 1e-5);
        assert_true(fabs((double)gold_sure[t] - of_gold) < 1e-5);
    }
    heed__tagger_free(&tagger);
}

static void test_against_all_sequences(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 40; seed++)
        for (int n = 1; n <= LONGEST; n += 2)
            for (int kind = 0; kind < 4; kind++) {
                draw(seed);
                check_case(n, kind & 1, kind >> 1);
            }
}

/* What every word alone would be tagged with is no good sequence. */
static void test_inner_tags_follow(void **state)
{
    heed__model_output output = output_of(0, 1);
    heed__tagger tagger = {0};
    int32_t found[3];
    float sure[3];
    (void)state;
    memset(logits, 0, sizeof logits);
    logits[2] = 3;         /* I-a first of all; B-a is next */
    logits[0] = 2;         /* */
    logits[K + 3] = 2;     /* I-b after it; B-b is next */
    logits[K + 1] = 1.9f;  /* */
    logits[2 * K + 3] = 5; /* I-b */
    check_ok(heed__tagger_start(&tagger, &output));
    check_ok(heed__tagger_run(&tagger, &output, 3, logits, found, sure, NULL, NULL));
    assert_true(found[0] == 0 && found[1] == 1 && found[2] == 3);
    heed__tagger_free(&tagger);
}

/* Two sequences of a batch, 3 and 2 words: the mean over words of -log p. */
static void test_chain_loss(void **state)
{
    static const int32_t gold[] = {0, 2, 4, 1, 0};
    static const int64_t offsets[] = {0, 3, 5};
    heed__tape *tape = NULL;
    (void)state;
    draw(9);
    heed__ragged ragged = {.n = 2, .rows = 5, .longest = 3, .offsets = offsets};
    heed__chain_loss loss = {&ragged, gold};
    double wanted = 0;
    for (int s = 0; s < 2; s++) {
        int path[LONGEST], n = (int)(offsets[s + 1] - offsets[s]);
        float kept[LONGEST * K];
        memcpy(kept, logits, sizeof kept);
        memmove(logits, logits + offsets[s] * K, (size_t)n * K * sizeof *logits);
        for (int t = 0; t < n; t++) path[t] = gold[offsets[s] + t];
        wanted += log(enumerate(n, 1, 0).sum) - score_of(path, n, 1);
        memcpy(logits, kept, sizeof kept);
    }
    check_ok(heed__tape_create(NULL, &tape));
    heed__tape_start(tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__var in[2] = {heed__tape_constant(tape, 5, K, logits),
                       heed__tape_constant(tape, K + 2, K, moves)};
    heed__var out = heed__tape_apply(tape, &heed__op_chain_loss, in, 2, &loss, sizeof loss);
    heed__tape_keep(tape, out);
    check_ok(heed__tape_run(tape, HEED_NO_VAR));
    assert_true(fabs((double)*heed__tape_value(tape, out) - wanted / 5) < 1e-5);
    heed__tape_destroy(&tape);
}

static int setup(void **state)
{
    (void)state;
    return heed__labels_create("tags", HEED_LABEL_TAGS, K, names, &labels) != HEED_OK;
}

static int teardown(void **state)
{
    (void)state;
    heed__labels_destroy(&labels);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_all_sequences),
                                       cmocka_unit_test(test_inner_tags_follow),
                                       cmocka_unit_test(test_chain_loss)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
