/* SPDX-License-Identifier: MIT */
/*
 * Softmax with a sink a head (Xiao et al. 2023; gpt-oss): the sum has exp(sink) in it as well,
 * which no value belongs to, so that a row may attend to nothing. lse includes it. A sink of 0 that
 * is not learned is "softmax1" (Miller 2023).
 *
 *     dsink = sum over rows of exp(sink - lse) (dlse - <do, o>)
 */
#include "attention/softmax.h"
#include "attention/tables.h"

static heed_real exp_of(const heed__self *self, heed_real x)
{
    heed_real y;
    self->kernels->exp(1, &x, &y);
    return y;
}

/* What comes in ends as if the sink were a key more; a row that sees no key stays empty. */
static void finish(const heed__self *self, heed_real sink, int64_t rows, heed_real *top,
                   heed_real *sum)
{
    for (int64_t i = 0; i < rows; i++) {
        if (sum[i] == 0) continue;
        heed_real most = sink > top[i] ? sink : top[i]; /* a NaN in top stays */
        heed_real keep = exp_of(self, top[i] - most);
        sum[i] = heed__fma(sum[i], keep, exp_of(self, sink - most));
        heed_real log;
        self->kernels->log(1, &sum[i], &log);
        top[i] = most + log;
        sum[i] = keep / sum[i];
    }
    for (int64_t i = 0; i < rows; i++)
        if (sum[i] == 0) top[i] = -HEED_REAL(INFINITY);
}

static void sink_finish(const heed__self *self, int64_t head, int64_t rows, heed_real *top,
                        heed_real *sum)
{
    finish(self, self->parameter[0][head], rows, top, sum);
}

static void softmax1_finish(const heed__self *self, int64_t head, int64_t rows, heed_real *top,
                            heed_real *sum)
{
    (void)head;
    finish(self, 0, rows, top, sum);
}

static void sink_row_backward(const heed__self *self, const heed__line *line,
                              const heed__row_state *row)
{
    heed_real share = exp_of(self, self->parameter[0][line->place->head] - row->stats[0]);
    if (line->dp[0]) line->dp[0][0] -= share * row->delta;
}

static int64_t one(const heed_attention_options *options, const void *record)
{
    (void)options, (void)record;
    return 1;
}

const heed__normaliser heed__normaliser_sink = {
    .entry = {.name = "sink",
              .help = "softmax with one learned score a head that no value belongs to",
              .slots = {{.name = "sink.score", .columns = one, .side = HEED_SIDE_QUERY}}},
    .lse_gradient = 1,
    .block = heed__softmax_block,
    .finish = sink_finish,
    .weights = heed__softmax_weights,
    .backward = heed__softmax_backward,
    .weights_and_backward = heed__softmax_weights_and_backward,
    .row_backward = sink_row_backward,
};

const heed__normaliser heed__normaliser_softmax1 = {
    .entry = {.name = "softmax1", .help = "exp(s) / (1 + sum of exp(s))"},
    .lse_gradient = 1,
    .block = heed__softmax_block,
    .finish = softmax1_finish,
    .weights = heed__softmax_weights,
    .backward = heed__softmax_backward,
    .weights_and_backward = heed__softmax_weights_and_backward,
};
