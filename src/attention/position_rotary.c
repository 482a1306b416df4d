/* SPDX-License-Identifier: MIT */
/*
 * Rotary positions (Su et al. 2021): pair t of a row at position p is turned by p theta_t. NTK and
 * YaRN scalings as Peng et al. 2023; llama3 as Llama 3.1, factors as LongRoPE (Ding et al. 2024).
 *
 * Angles are kept in turns: theta / 2 pi as a fraction of 2^64, so that p theta is an integer
 * product whose overflow is whole turns. Nothing is lost for any p; what is wrong is theta, by
 * 1e-14 of itself. The sine and cosine of the nearest of 256 parts of a turn are looked up, and the
 * rest, at most pi / 256, goes by Taylor series. Those of the first positions are kept.
 */
#include "attention/tables.h"
#include "base/elementary.h"
#include "base/fail.h"

enum { PARTS = 256, PART_BITS = 56 }; /* a part is 2^56 of 2^64 */
enum { KEPT = 512, CHUNK = 64 };      /* positions; pairs that are turned at once */

static const double two_pi = 6.28318530717958647693;

typedef struct rotary {
    int64_t pairs, next; /* pair t: elements t * step and t * step + next */
    int64_t step;
    double gain;
    const uint64_t *turns;                    /* [pairs]: theta */
    const heed_real *kept_cosine, *kept_sine; /* [KEPT, pairs] */
    double sine[PARTS], cosine[PARTS];
} rotary;

/* ---- settings */

static const heed_attention_rotary defaults = {.base = 10000, .fast = 32, .slow = 1};

static heed_attention_rotary settings_of(const void *record, const heed_attention_options *options)
{
    heed_attention_rotary r = record ? *(const heed_attention_rotary *)record : defaults;
    if (r.base == 0) r.base = defaults.base;
    if (!r.dims) r.dims = options->head_size;
    if (r.fast == 0) r.fast = r.llama3 != 0 ? 4 : defaults.fast;
    if (r.slow == 0) r.slow = defaults.slow;
    return r;
}

static int bounded(heed_real x)
{
    return x - x == 0;
}

static heed_status bad(const char *name, double value, const char *rule)
{
    return heed__fail(HEED_E_INVALID, "position \"rotary\": %s = %g; %s", name, value, rule);
}

/* Those that go with yarn, llama3 or factors. */
static heed_status check_trained(const heed_attention_rotary *given, const heed_attention_rotary *r)
{
    int ramp = given->yarn != 0 || given->llama3 != 0;
    if (!ramp && (given->original || given->fast != 0 || given->slow != 0))
        return heed__fail(HEED_E_INVALID,
                          "position \"rotary\": original, fast and slow are settings of yarn and "
                          "llama3; give one of these as well, or leave them out");
    if (given->gain != 0 && given->yarn == 0 && !given->factors.count)
        return heed__fail(HEED_E_INVALID,
                          "position \"rotary\": gain is a setting of yarn and factors; give one of "
                          "these as well, or leave it out");
    if (!(r->gain >= 0 && bounded(r->gain)))
        return bad("gain", (double)r->gain,
                   "it must be above 0 (0 = 0.1 ln yarn + 1, or 1) and finite");
    if (!ramp) return HEED_OK;
    if (r->original < 1)
        return bad(
            "original", (double)r->original,
            "yarn needs the length that the model was trained on, 1 or more (llama3 likewise)");
    if (!(r->slow > 0 && r->fast > r->slow && bounded(r->fast)))
        return bad("fast", (double)r->fast, "it must be above slow, and slow above 0");
    return HEED_OK;
}

static heed_status check_factors(const heed_attention_rotary *r)
{
    const heed_attention_reals *list = &r->factors;
    if (list->count && (int64_t)list->count != r->dims / 2)
        return heed__fail(HEED_E_INVALID,
                          "position \"rotary\": factors has %zu numbers; it must have dims / 2 = "
                          "%lld, one a pair",
                          list->count, (long long)(r->dims / 2));
    for (size_t t = 0; t < list->count; t++)
        if (!(list->data[t] > 0 && bounded(list->data[t])))
            return bad("factors", (double)list->data[t], "each must be above 0 and finite");
    return HEED_OK;
}

static heed_status rotary_check(const void *record, const heed_attention_options *options)
{
    heed_attention_rotary r = settings_of(record, options);
    heed_real factors[] = {r.linear, r.ntk, r.yarn, r.llama3};
    static const char *const names[] = {"linear", "ntk", "yarn", "llama3"};
    int given = r.factors.count > 0;
    if (!(r.base > 1 && bounded(r.base)))
        return bad("base", (double)r.base, "it must be above 1 (0 = 10000) and finite");
    if (r.dims < 2 || r.dims % 2 || r.dims > options->head_size)
        return heed__fail(
            HEED_E_INVALID,
            "position \"rotary\": dims = %lld; it must be even, 2 to head_size = %lld "
            "(0 = all of it)",
            (long long)r.dims, (long long)options->head_size);
    if (r.interleaved != 0 && r.interleaved != 1)
        return bad("interleaved", (double)r.interleaved, "it must be 0 or 1");
    for (int f = 0; f < 4; f++) {
        if (factors[f] == 0) continue;
        given++;
        if (!(factors[f] >= 1 && bounded(factors[f])))
            return bad(names[f], (double)factors[f], "it must be 1 or more, and finite");
    }
    if (given > 1)
        return heed__fail(
            HEED_E_INVALID,
            "position \"rotary\": %d of linear, ntk, yarn, llama3 and factors are given; one "
            "stretches the positions, choose it",
            given);
    if (r.ntk != 0 && r.dims < 4)
        return heed__fail(HEED_E_UNSUPPORTED,
                          "position \"rotary\": ntk with dims = %lld; it stretches from the second "
                          "pair on, turn 4 or more dims, or take linear",
                          (long long)r.dims);
    HEED_TRY(check_factors(&r));
    return record ? check_trained(record, &r) : HEED_OK;
}

/* ---- tables */

/* The pair that makes so many turns within the trained length. */
static double pair_of(const heed_attention_rotary *r, double turns)
{
    return (double)r->dims * heed__natural_log((double)r->original / (turns * two_pi)) /
           (2 * heed__natural_log((double)r->base));
}

/* From 0 at low to 1 at high. */
static double ramp(double x, double low, double high)
{
    double share = (x - low) / (high - low);
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

/* How much of pair t is left as it is: 1 for fast pairs, 0 for slow ones. */
static double kept(const heed_attention_rotary *r, double t, double theta)
{
    if (r->llama3 != 0)
        return ramp((double)r->original * theta / two_pi, (double)r->slow, (double)r->fast);
    double low = floor(pair_of(r, (double)r->fast)), high = ceil(pair_of(r, (double)r->slow));
    if (low < 0) low = 0;
    if (high > (double)(r->dims - 1)) high = (double)(r->dims - 1);
    if (low >= high) return t <= low ? 1 : 0;
    return 1 - ramp(t, low, high);
}

static double theta_of(const heed_attention_rotary *r, int64_t t)
{
    double share = (double)t / (double)(r->dims / 2), base = (double)r->base;
    double theta = heed__power(base, -share);
    if (r->linear != 0) return theta / (double)r->linear;
    if (r->ntk != 0) /* (base ntk^(d / (d - 2)))^-share */
        return theta *
               heed__power((double)r->ntk, -share * (double)r->dims / (double)(r->dims - 2));
    if (r->factors.count) return theta / (double)r->factors.data[t];
    if (r->yarn == 0 && r->llama3 == 0) return theta;
    double keep = kept(r, (double)t, theta);
    return theta * keep + theta / (double)(r->yarn != 0 ? r->yarn : r->llama3) * (1 - keep);
}

/* One quarter by series, the others by symmetry. */
static void fill_parts(rotary *out)
{
    enum { QUARTER = PARTS / 4 };
    for (int k = 0; k <= QUARTER / 2; k++) {
        double s, c;
        heed__sine_cosine(two_pi * k / PARTS, &s, &c);
        out->sine[k] = out->cosine[QUARTER - k] = s;
        out->cosine[k] = out->sine[QUARTER - k] = c;
    }
    for (int k = QUARTER + 1; k < PARTS; k++) {
        out->sine[k] = out->cosine[k - QUARTER];
        out->cosine[k] = -out->sine[k - QUARTER];
    }
}

/* Of a phase of 2^64 a turn. */
static void sine_cosine_of(const rotary *r, uint64_t phase, double *sine, double *cosine)
{
    static const uint64_t half = UINT64_C(1) << (PART_BITS - 1);
    static const uint64_t low = (UINT64_C(1) << PART_BITS) - 1;
    uint64_t rounded = phase + half, k = rounded >> PART_BITS;
    int64_t rest = (int64_t)(rounded & low) - (int64_t)half;
    double x = (double)rest * (two_pi * 0x1p-64), square = x * x;
    double s = x * (1 + square * (-1.0 / 6 + square * (1.0 / 120)));
    double c = 1 + square * (-1.0 / 2 + square * (1.0 / 24 + square * (-1.0 / 720)));
    *sine = r->sine[k] * c + r->cosine[k] * s;
    *cosine = r->cosine[k] * c - r->sine[k] * s;
}

static void angles_of(const rotary *r, int64_t at, int64_t first, int64_t n, heed_real *cosine,
                      heed_real *sine)
{
    for (int64_t t = 0; t < n; t++) {
        double s, c;
        sine_cosine_of(r, (uint64_t)at * r->turns[first + t], &s, &c);
        sine[t] = (heed_real)(r->gain * s);
        cosine[t] = (heed_real)(r->gain * c);
    }
}

static heed_status keep_angles(heed__arena *arena, rotary *r)
{
    heed_real *cosine = NULL, *sine = NULL;
    size_t n = (size_t)(KEPT * r->pairs);
    HEED_TRY(heed__arena_take(arena, n, sizeof *cosine, "an attention plan", &cosine));
    HEED_TRY(heed__arena_take(arena, n, sizeof *sine, "an attention plan", &sine));
    for (int64_t p = 0; p < KEPT; p++)
        angles_of(r, p, 0, r->pairs, cosine + p * r->pairs, sine + p * r->pairs);
    r->kept_cosine = cosine;
    r->kept_sine = sine;
    return HEED_OK;
}

static heed_status rotary_build(heed__arena *arena, const void *record,
                                const heed_attention_options *options, const void **out)
{
    heed_attention_rotary r = settings_of(record, options);
    rotary *built = NULL;
    uint64_t *turns = NULL;
    int64_t pairs = r.dims / 2;
    HEED_TRY(heed__arena_take(arena, 1, sizeof *built, "an attention plan", &built));
    HEED_TRY(heed__arena_take(arena, (size_t)pairs, sizeof *turns, "an attention plan", &turns));
    for (int64_t t = 0; t < pairs; t++)
        turns[t] = (uint64_t)(theta_of(&r, t) / two_pi * 0x1p64 + 0.5);
    built->pairs = pairs;
    built->step = r.interleaved ? 2 : 1;
    built->next = r.interleaved ? 1 : pairs;
    built->turns = turns;
    built->gain = (double)r.gain;
    if (r.gain == 0) built->gain = r.yarn != 0 ? 0.1 * heed__natural_log((double)r.yarn) + 1 : 1;
    fill_parts(built);
    HEED_TRY(keep_angles(arena, built));
    *out = built;
    return HEED_OK;
}

/* ---- turning */

/* Pairs of neighbours. */
static void turn_neighbours(int64_t n, const heed_real *cosine, const heed_real *sine,
                            heed_real sign, heed_real *x)
{
    for (int64_t t = 0; t < n; t++, x += 2) {
        heed_real s = sign * sine[t], turned = heed__fma(x[0], cosine[t], -(x[1] * s));
        x[1] = heed__fma(x[1], cosine[t], x[0] * s);
        x[0] = turned;
    }
}

static void rotary_turn(const heed__self *self, int64_t at, int sign, heed_real *x)
{
    const rotary *r = self->built;
    heed_real cosines[CHUNK], sines[CHUNK];
    for (int64_t t = 0; t < r->pairs; t += CHUNK) {
        int64_t n = r->pairs - t < CHUNK ? r->pairs - t : CHUNK;
        const heed_real *cosine = cosines, *sine = sines;
        if (at >= 0 && at < KEPT) {
            cosine = r->kept_cosine + at * r->pairs + t;
            sine = r->kept_sine + at * r->pairs + t;
        } else
            angles_of(r, at, t, n, cosines, sines);
        if (r->step == 1)
            self->kernels->turn(n, cosine, sine, (heed_real)sign, x + t, x + t + r->next);
        else
            turn_neighbours(n, cosine, sine, (heed_real)sign, x + 2 * t);
    }
}

static const heed__field fields[] = {
    {"base", HEED_ATTENTION_REAL, offsetof(heed_attention_rotary, base), "above 1; 10000"},
    {"dims", HEED_ATTENTION_INTEGER, offsetof(heed_attention_rotary, dims),
     "even, 2 to head_size, which it is"},
    {"interleaved", HEED_ATTENTION_INTEGER, offsetof(heed_attention_rotary, interleaved),
     "0 or 1; 0"},
    {"linear", HEED_ATTENTION_REAL, offsetof(heed_attention_rotary, linear), "1 or more; none"},
    {"ntk", HEED_ATTENTION_REAL, offsetof(heed_attention_rotary, ntk), "1 or more; none"},
    {"yarn", HEED_ATTENTION_REAL, offsetof(heed_attention_rotary, yarn), "1 or more; none"},
    {"original", HEED_ATTENTION_INTEGER, offsetof(heed_attention_rotary, original),
     "of yarn and llama3, 1 or more"},
    {"fast", HEED_ATTENTION_REAL, offsetof(heed_attention_rotary, fast),
     "of yarn and llama3, above slow; 32, 4"},
    {"slow", HEED_ATTENTION_REAL, offsetof(heed_attention_rotary, slow),
     "of yarn and llama3, above 0; 1"},
    {"gain", HEED_ATTENTION_REAL, offsetof(heed_attention_rotary, gain),
     "of yarn and factors, above 0; 0.1 ln yarn + 1, 1"},
    {"llama3", HEED_ATTENTION_REAL, offsetof(heed_attention_rotary, llama3), "1 or more; none"},
    {"factors", HEED_ATTENTION_REALS, offsetof(heed_attention_rotary, factors),
     "one for each pair, above 0; none"},
    {.name = NULL},
};

const heed__position heed__position_rotary = {
    .entry = {.name = "rotary",
              .help = "pairs of q and k are turned by angles that grow with the position",
              .record = sizeof(heed_attention_rotary),
              .fields = fields,
              .check = rotary_check,
              .build = rotary_build,
              .uses_positions = 1},
    .turn = rotary_turn,
};
