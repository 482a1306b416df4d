/* SPDX-License-Identifier: MIT */
/*
 * The loss of a linear-chain conditional random field (Lafferty, McCallum, Pereira 2001): for each
 * sequence log sum over all of exp(score) less the score of the labels, summed and divided by the
 * number of words. A sequence with an unknown label (-1) is left out. Inputs z [T,K] and moves
 * [K+2,K] (ops/chain.h). With p the probability of a state, or of a move, given the whole sequence:
 *   dz = p - label,   dmoves = sum over t of p(i at t-1, j at t) - label's moves
 * and p(i, j) = u[t-1][i] E[i][j] v[t][j] with u = exp(alpha[t-1] - m), m = max alpha[t-1],
 * v = exp(m + z + beta - log sum): their sum over all words is one product, u^T v.
 */
#include "autograd/gradcheck.h"
#include "kernels/gemm.h"
#include "ops/chain.h"
#include "ops/ops.h"
#include "ops/rows.h"

#include <string.h>

/* What stands before the product's own room, which begins at a multiple of 64 bytes. */
static int64_t heads(int64_t sequences, int64_t T, int64_t K, int64_t threads)
{
    return 3 * K * K + 2 * T * K + 2 * sequences * K + 3 * K * threads;
}

static int64_t aligned(int64_t reals)
{
    return (reals + 15) / 16 * 16;
}

static heed_status chain_loss_shape(const heed__shapes *s, heed__size *size)
{
    int64_t T = s->in[0].rows, K = s->in[0].cols, threads = heed_context_threads(s->context);
    const heed__chain_loss *loss = s->attributes;
    HEED_TRY(heed__want_shape(s, "chain_loss", 1, "moves", K + 2, K));
    if (loss->ragged->rows != T)
        return heed__fail(HEED_E_INVALID, "chain_loss: %lld rows for %lld words", (long long)T,
                          (long long)loss->ragged->rows);
    size->rows = size->cols = 1;
    size->saved = T * K + loss->ragged->n;
    size->forward_workspace = 2 * K * K + 2 * K * threads + loss->ragged->n + size->saved;
    size->backward_workspace = aligned(heads(loss->ragged->n, T, K, threads)) +
                               (int64_t)heed__gemm_workspace_any(s->context, K, K, T);
    return HEED_OK;
}

/* What the tasks share. */
typedef struct work {
    const heed__chain_loss *loss;
    heed__chain chain;
    heed_real *alpha, *sums; /* [T, K], [sequences] */
    heed_real *losses;       /* [sequences] */
    heed_real *scratch;      /* [threads, 3 K] */
    heed_real *u, *v;        /* [T, K]: row t is of the move from t to t + 1; zeros at an end */
    heed_real *ends;         /* [sequences, 2, K] probabilities of the first and the last word */
    heed_real scale;
} work;

static work begin_work(const heed__call *call, heed_real *forth)
{
    int64_t T = call->in[0].rows, K = call->in[0].cols;
    work w = {.loss = call->attributes, .alpha = call->saved};
    if (w.alpha) w.sums = w.alpha + T * K;
    w.chain = (heed__chain){call->kernels, K, call->in[1].data, forth, forth + K * K};
    heed__chain_start(call->kernels, K, call->in[1].data, forth, forth + K * K);
    return w;
}

static heed_real score_of(const work *w, const heed_real *z, int64_t n, const int32_t *labels)
{
    int64_t K = w->chain.K;
    const heed_real *moves = w->chain.moves;
    heed_real score = moves[K * K + labels[0]] + moves[(K + 1) * K + labels[n - 1]];
    for (int64_t t = 0; t < n; t++) {
        score += z[t * K + labels[t]];
        if (t) score += moves[labels[t - 1] * K + labels[t]];
    }
    return score;
}

/* The words of sequence s; 0 where it is left out. */
static int64_t words_of(const heed__chain_loss *loss, int64_t s)
{
    for (int64_t t = loss->ragged->offsets[s]; t < loss->ragged->offsets[s + 1]; t++)
        if (loss->labels[t] < 0) return 0;
    return heed__ragged_length(loss->ragged, s);
}

static int64_t count_words(const heed__chain_loss *loss)
{
    int64_t words = 0;
    for (int64_t s = 0; s < loss->ragged->n; s++) words += words_of(loss, s);
    return words;
}

static void lose_sequences(const heed__call *call, int64_t begin, int64_t end, int thread,
                           void *extra)
{
    work *w = extra;
    int64_t K = w->chain.K;
    const heed__ragged *ragged = w->loss->ragged;
    for (int64_t s = begin; s < end; s++) {
        int64_t first = ragged->offsets[s], n = words_of(w->loss, s);
        const heed_real *z = call->in[0].data + first * K;
        w->losses[s] = w->sums[s] = 0;
        if (n == 0) continue;
        w->sums[s] =
            heed__chain_alpha(&w->chain, n, z, w->scratch + thread * 2 * K, w->alpha + first * K);
        w->losses[s] = w->sums[s] - score_of(w, z, n, w->loss->labels + first);
    }
}

static int64_t cost_of(const heed__call *call)
{
    const heed__ragged *ragged = ((const heed__chain_loss *)call->attributes)->ragged;
    int64_t K = call->in[0].cols;
    return ragged->n ? (ragged->rows / ragged->n + 1) * K * K : 1;
}

static heed_status check_labels(const heed__call *call)
{
    const heed__chain_loss *loss = call->attributes;
    for (int64_t t = 0; t < call->in[0].rows; t++)
        if (loss->labels[t] < -1 || loss->labels[t] >= call->in[0].cols)
            return heed__fail(HEED_E_INVALID, "chain_loss: labels[%lld] = %d; there are %lld",
                              (long long)t, loss->labels[t], (long long)call->in[0].cols);
    return HEED_OK;
}

static heed_status chain_loss_forward(const heed__call *call)
{
    int64_t T = call->in[0].rows, K = call->in[0].cols;
    HEED_TRY(check_labels(call));
    work w = begin_work(call, call->workspace);
    int64_t n = w.loss->ragged->n;
    w.losses = call->workspace + 2 * K * K;
    w.scratch = w.losses + n;
    if (!w.alpha) { /* nobody will go back */
        w.alpha = w.scratch + 2 * K * heed_context_threads(call->context);
        w.sums = w.alpha + T * K;
    }
    heed__for_scratch_rows(call, n, cost_of(call), lose_sequences, &w);
    heed_real total = 0;
    for (int64_t s = 0; s < n; s++) total += w.losses[s];
    int64_t words = count_words(w.loss);
    *call->out.data = words ? total / (heed_real)words : 0;
    return HEED_OK;
}

/* dz of one word, and what its move to the next weighs. beta: of this word and of the next. */
static void slope_word(const heed__call *call, const work *w, int64_t t, heed_real sum,
                       const heed_real *beta, heed_real *p)
{
    const heed__kernels *kernels = call->kernels;
    int64_t K = w->chain.K;
    size_t bytes = (size_t)K * sizeof *p;
    memcpy(p, w->alpha + t * K, bytes);
    kernels->add(K, beta, p);
    kernels->affine(K, 1, -sum, p, p);
    kernels->exp(K, p, p);
    if (!call->in[0].grad) return;
    heed_real *dz = call->in[0].grad + t * K;
    if (call->in[0].fresh)
        kernels->scale(K, w->scale, p, dz);
    else
        kernels->axpy(K, w->scale, p, dz);
    dz[w->loss->labels[t]] -= w->scale;
}

/* u and v of the move from word t to t + 1, whose beta is given. */
static void weigh_move(const heed__call *call, const work *w, int64_t t, heed_real sum,
                       const heed_real *next_beta)
{
    const heed__kernels *kernels = call->kernels;
    int64_t K = w->chain.K;
    heed_real *u = w->u + t * K, *v = w->v + t * K;
    const heed_real *alpha = w->alpha + t * K;
    heed_real most = kernels->max(K, alpha);
    kernels->affine(K, 1, -most, alpha, u);
    kernels->exp(K, u, u);
    memcpy(v, next_beta, (size_t)K * sizeof *v);
    kernels->add(K, call->in[0].data + (t + 1) * K, v);
    kernels->affine(K, 1, most - sum, v, v);
    kernels->exp(K, v, v);
}

/* No gradient comes from sequence s. */
static void leave_out(const heed__call *call, const work *w, int64_t s)
{
    int64_t K = w->chain.K, first = w->loss->ragged->offsets[s];
    size_t bytes = (size_t)(heed__ragged_length(w->loss->ragged, s) * K) * sizeof(heed_real);
    if (!bytes) return;
    memset(w->u + first * K, 0, bytes);
    memset(w->v + first * K, 0, bytes);
    if (call->in[0].grad && call->in[0].fresh) memset(call->in[0].grad + first * K, 0, bytes);
}

/* beta goes where v will be: a word's is needed until the word before it is done. */
static void slope_sequences(const heed__call *call, int64_t begin, int64_t end, int thread,
                            void *extra)
{
    work *w = extra;
    int64_t K = w->chain.K;
    size_t bytes = (size_t)K * sizeof(heed_real);
    heed_real *scratch = w->scratch + thread * 3 * K;
    const heed__ragged *ragged = w->loss->ragged;
    for (int64_t s = begin; s < end; s++) {
        int64_t first = ragged->offsets[s], n = words_of(w->loss, s);
        if (n == 0) {
            leave_out(call, w, s);
            continue;
        }
        heed_real *beta = w->v + first * K;
        heed__chain_beta(&w->chain, n, call->in[0].data + first * K, scratch, beta);
        for (int64_t t = first; t < first + n; t++) {
            slope_word(call, w, t, w->sums[s], w->v + t * K, scratch);
            if (t == first) memcpy(w->ends + 2 * s * K, scratch, bytes);
            if (t == first + n - 1) memcpy(w->ends + (2 * s + 1) * K, scratch, bytes);
            if (t + 1 < first + n)
                weigh_move(call, w, t, w->sums[s], w->v + (t + 1) * K);
            else
                memset(w->u + t * K, 0, bytes), memset(w->v + t * K, 0, bytes);
        }
    }
}

/* What each sequence's moves from the beginning, between its labels and to the end add, in order.
 */
static void slope_labels(const work *w, heed_real *dmoves)
{
    const heed__kernels *kernels = w->chain.kernels;
    int64_t K = w->chain.K;
    const heed__ragged *ragged = w->loss->ragged;
    const int32_t *labels = w->loss->labels;
    for (int64_t s = 0; s < ragged->n; s++) {
        int64_t first = ragged->offsets[s], last = ragged->offsets[s + 1] - 1;
        if (!words_of(w->loss, s)) continue;
        kernels->axpy(K, w->scale, w->ends + 2 * s * K, dmoves + K * K);
        kernels->axpy(K, w->scale, w->ends + (2 * s + 1) * K, dmoves + (K + 1) * K);
        dmoves[K * K + labels[first]] -= w->scale;
        dmoves[(K + 1) * K + labels[last]] -= w->scale;
        for (int64_t t = first; t < last; t++) dmoves[labels[t] * K + labels[t + 1]] -= w->scale;
    }
}

/* dmoves += scale E (u^T v). */
static void slope_moves(const heed__call *call, const work *w, heed_real *sums, heed_real *room)
{
    int64_t T = call->in[0].rows, K = w->chain.K;
    heed__gemm product = {.m = K, .n = K, .k = T, .precision = HEED_PRECISION_HIGHEST};
    product.a = w->u, product.a_row = 1, product.a_col = K;
    product.b = w->v, product.b_row = K, product.b_col = 1;
    product.c = sums, product.c_row = K;
    heed__gemm_run(call->context, &product, room);
    call->kernels->multiply(K * K, w->chain.forth, sums, sums);
    call->kernels->axpy(K * K, w->scale, sums, call->in[1].grad);
}

static heed_status chain_loss_backward(const heed__call *call)
{
    int64_t T = call->in[0].rows, K = call->in[0].cols;
    int64_t threads = heed_context_threads(call->context);
    if (T == 0) return HEED_OK;
    work w = begin_work(call, call->workspace);
    int64_t n = w.loss->ragged->n;
    heed_real *sums = call->workspace + 2 * K * K;
    w.u = sums + K * K;
    w.v = w.u + T * K;
    w.ends = w.v + T * K;
    w.scratch = w.ends + 2 * n * K;
    int64_t words = count_words(w.loss);
    w.scale = words ? *call->out.grad / (heed_real)words : 0;
    heed__for_scratch_rows(call, n, cost_of(call), slope_sequences, &w);
    if (!call->in[1].grad) return HEED_OK;
    slope_moves(call, &w, sums, call->workspace + aligned(heads(n, T, K, threads)));
    slope_labels(&w, call->in[1].grad);
    return HEED_OK;
}

static heed_status chain_loss_check(heed__gradcheck *check)
{
    static const int32_t labels[] = {1, 0, 2, 2, 1, 0, 1, -1, 2};
    static const int64_t offsets[][4] = {{0, 7}, {0, 1, 1, 7}, {0, 2, 7, 9}};
    static const int64_t sequences[] = {1, 3, 3};
    for (size_t i = 0; i < HEED_COUNT(sequences); i++) {
        heed__ragged ragged = {.n = sequences[i], .offsets = offsets[i]};
        ragged.rows = offsets[i][ragged.n];
        heed__chain_loss loss = {&ragged, labels};
        heed__var in[2] = {heed__gradcheck_input(check, ragged.rows, 3),
                           heed__gradcheck_input(check, 5, 3)};
        HEED_TRY(heed__gradcheck_apply(check, &heed__op_chain_loss, in, 2, &loss, sizeof loss));
    }
    return HEED_OK;
}

const heed__op heed__op_chain_loss = {
    .name = "chain_loss",
    .summary = "conditional random field over a sequence's labels, mean over rows",
    .least_inputs = 2,
    .most_inputs = 2,
    .reads = HEED_READS(0) | HEED_READS(1),
    .stores = HEED_READS(0),
    .shape = chain_loss_shape,
    .forward = chain_loss_forward,
    .backward = chain_loss_backward,
    .check = chain_loss_check};
