/* SPDX-License-Identifier: MIT */
/* Attention over keys and values in a cache gives, bit for bit, the rows of a whole pass. */
#include "check.h"

#include "autograd/tape.h"
#include "base/memory.h"
#include "base/random.h"
#include "ops/attend.h"
#include "ops/ops.h"

#include <math.h>
#include <string.h>

enum { N = 3, HEADS = 4, KEY_HEADS = 2, SIZE = 12, LONGEST = 140, ROWS = 5 + LONGEST + 70 };
enum { Q = HEADS * SIZE, KV = KEY_HEADS * SIZE, HOLE = 3, CACHE = N * (LONGEST + HOLE) };

static const int64_t offsets[] = {0, 5, 5 + LONGEST, ROWS}, order[] = {1, 2, 0}, ids[] = {7, 1, 4};
static const heed__ragged whole = {N, ROWS, LONGEST, offsets, order, ids};
static const int64_t starts[] = {2 * (LONGEST + HOLE), 0, LONGEST + HOLE}; /* not in order */

static heed_real q[ROWS * Q], k[ROWS * KV], v[ROWS * KV], expected[ROWS * Q];
static heed_real k_cache[CACHE * KV], v_cache[CACHE * KV];

static void fill(heed_real *x, int64_t count, uint64_t seed)
{
    heed__random random;
    heed__random_start(&random, seed, HEED_RANDOM_CHECK);
    for (int64_t i = 0; i < count; i++) x[i] = 2 * (heed_real)heed__random_uniform(&random) - 1;
}

static void to_cache(const heed_real *packed, heed_real *cache)
{
    for (int64_t i = 0; i < CACHE * KV; i++) cache[i] = (heed_real)NAN;
    for (int64_t s = 0; s < N; s++)
        memcpy(cache + starts[s] * KV, packed + offsets[s] * KV,
               (size_t)(heed__ragged_length(&whole, s) * KV) * sizeof *cache);
}

typedef struct fixture {
    heed_attention_part mask;
    heed__attender attender;
    heed__tape *tape;
} fixture;

static void start(fixture *f, int causal)
{
    memset(f, 0, sizeof *f);
    f->mask = (heed_attention_part){sizeof f->mask, "causal"};
    f->attender.options = (heed_attention_options){.size = sizeof f->attender.options,
                                                   .heads = HEADS,
                                                   .key_heads = KEY_HEADS,
                                                   .head_size = SIZE,
                                                   .mask = causal ? &f->mask : NULL};
    check_ok(heed__tape_create(NULL, &f->tape));
    fill(q, ROWS * Q, 1);
    fill(k, ROWS * KV, 2);
    fill(v, ROWS * KV, 3);
    to_cache(k, k_cache);
    to_cache(v, v_cache);
}

static void stop(fixture *f)
{
    heed__attender_clear(&f->attender);
    heed__tape_destroy(&f->tape);
}

/* Attention of `rows` queries; slots NULL = over the packed k and v. */
static heed__var record(fixture *f, const heed_real *queries, int64_t rows,
                        const heed__ragged *ragged, const heed__slots *slots)
{
    heed__attend a = {&f->attender, ragged, slots ? NULL : &whole, 0, 0, 0, slots, 0};
    int64_t key_rows = slots ? CACHE : ROWS;
    heed__tape_start(f->tape, HEED_TAPE_INFER, (heed__draw){0});
    heed__var in[3] = {heed__tape_constant(f->tape, rows, Q, queries),
                       heed__tape_constant(f->tape, key_rows, KV, slots ? k_cache : k),
                       heed__tape_constant(f->tape, key_rows, KV, slots ? v_cache : v)};
    heed__var out = heed__tape_apply(f->tape, &heed__op_attend, in, 3, &a, sizeof a);
    if (out != HEED_NO_VAR) heed__tape_keep(f->tape, out);
    return out;
}

static void run_whole(fixture *f)
{
    heed__var y = record(f, q, ROWS, &whole, NULL);
    check_ok(heed__tape_run(f->tape, HEED_NO_VAR));
    memcpy(expected, heed__tape_value(f->tape, y), sizeof expected);
}

/* A step of decoding: one query for each sequence that is that long, at its last key. */
static void test_a_step_is_a_row_of_the_whole(void **state)
{
    (void)state;
    fixture f;
    start(&f, 1);
    run_whole(&f);
    static heed_real rows[N * Q];
    uint64_t allocations = 0;
    for (int64_t t = LONGEST - 1; t >= 0; t--) { /* the largest first: it takes the memory */
        int64_t at[N], lengths[N], position[N], from[N], n = 0;
        for (int64_t s = 0; s < N; s++) {
            if (t >= heed__ragged_length(&whole, s)) continue;
            memcpy(rows + n * Q, q + (offsets[s] + t) * Q, Q * sizeof *rows);
            from[n] = offsets[s] + t, at[n] = starts[s], lengths[n] = t + 1, position[n] = t;
            n++;
        }
        heed__slots slots = {n, N * LONGEST, LONGEST, at, lengths, position};
        heed__var y = record(&f, rows, n, NULL, &slots);
        check_ok(heed__tape_run(f.tape, HEED_NO_VAR));
        for (int64_t i = 0; i < n; i++)
            assert_memory_equal(heed__tape_value(f.tape, y) + i * Q, expected + from[i] * Q,
                                Q * sizeof *rows);
        if (t == 4) allocations = heed__alloc_count(); /* all three are alive from here on */
    }
    uint64_t after = heed__alloc_count();
    assert_int_equal(after, allocations);
    stop(&f);
}

/* A forced prefix: the last rows of each sequence at once, each seeing up to itself. */
static void test_several_queries_a_sequence(void **state)
{
    (void)state;
    fixture f;
    start(&f, 1);
    run_whole(&f);
    static heed_real rows[ROWS * Q];
    const int64_t counts[N] = {2, 99, 0}, cut[] = {0, 2, 101, 101};
    const heed__ragged queries = {N, 101, 99, cut, order, ids};
    int64_t lengths[N], position[N];
    for (int64_t s = 0; s < N; s++) {
        lengths[s] = heed__ragged_length(&whole, s);
        position[s] = lengths[s] - counts[s];
        memcpy(rows + cut[s] * Q, q + (offsets[s] + position[s]) * Q,
               (size_t)(counts[s] * Q) * sizeof *rows);
    }
    heed__slots slots = {N, ROWS, LONGEST, starts, lengths, position};
    heed__var y = record(&f, rows, 101, &queries, &slots);
    check_ok(heed__tape_run(f.tape, HEED_NO_VAR));
    for (int64_t s = 0; s < N; s++)
        assert_memory_equal(heed__tape_value(f.tape, y) + cut[s] * Q,
                            expected + (offsets[s] + position[s]) * Q,
                            (size_t)(counts[s] * Q) * sizeof *rows);
    stop(&f);
}

/* Beams: more sequences than there are sources; several read the same rows. */
static void test_shared_keys(void **state)
{
    (void)state;
    fixture f;
    start(&f, 0);
    run_whole(&f);
    enum { BEAMS = 5 };
    static heed_real rows[BEAMS * Q];
    const int64_t source[BEAMS] = {1, 0, 1, 2, 1}, row[BEAMS] = {0, 4, 77, 9, LONGEST - 1};
    int64_t at[BEAMS], lengths[BEAMS];
    for (int64_t b = 0; b < BEAMS; b++) {
        at[b] = starts[source[b]], lengths[b] = heed__ragged_length(&whole, source[b]);
        memcpy(rows + b * Q, q + (offsets[source[b]] + row[b]) * Q, Q * sizeof *rows);
    }
    heed__slots slots = {BEAMS, BEAMS * LONGEST, LONGEST, at, lengths, NULL};
    heed__var y = record(&f, rows, BEAMS, NULL, &slots);
    check_ok(heed__tape_run(f.tape, HEED_NO_VAR));
    for (int64_t b = 0; b < BEAMS; b++)
        assert_memory_equal(heed__tape_value(f.tape, y) + b * Q,
                            expected + (offsets[source[b]] + row[b]) * Q, Q * sizeof *rows);
    stop(&f);
}

static void test_refusals(void **state)
{
    (void)state;
    fixture f;
    start(&f, 0);
    const int64_t lengths[] = {1, 2, 3}, outside[] = {0, 5, CACHE - 2};
    heed__slots slots = {N, 6, 3, outside, lengths, NULL};
    assert_int_equal(record(&f, q, N, NULL, &slots), HEED_NO_VAR);
    check_fails(heed__tape_run(f.tape, HEED_NO_VAR), HEED_E_INVALID,
                "sequence 2 reads 3 rows from row 427; the cache has 429 rows");
    const int64_t one_length[] = {4};
    heed_real gradient[Q] = {0}, column[Q] = {0};
    heed__slots one = {1, 4, 4, starts, one_length, NULL};
    heed__attend a = {&f.attender, NULL, NULL, 0, 0, 0, &one, 0};
    heed__tape_start(f.tape, HEED_TAPE_SAVE, (heed__draw){0});
    heed__var in[3] = {heed__tape_leaf(f.tape, 1, Q, q, gradient),
                       heed__tape_constant(f.tape, CACHE, KV, k_cache),
                       heed__tape_constant(f.tape, CACHE, KV, v_cache)};
    heed__var sum[2] = {heed__tape_apply(f.tape, &heed__op_attend, in, 3, &a, sizeof a),
                        heed__tape_constant(f.tape, 1, Q, column)};
    heed__var loss = heed__tape_apply(f.tape, &heed__op_linear, sum, 2, NULL, 0);
    check_fails(heed__tape_run(f.tape, loss), HEED_E_UNSUPPORTED, "in a cache have no gradient");
    stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_step_is_a_row_of_the_whole),
        cmocka_unit_test(test_several_queries_a_sequence),
        cmocka_unit_test(test_shared_keys),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
