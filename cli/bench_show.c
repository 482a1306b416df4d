/* SPDX-License-Identifier: MIT */
/* Figures as a table, and as data. */
#include "cli/bench.h"

#include "cli/output.h"

#include <stdlib.h>

static const char *const names[BENCH_DIRECTIONS] = {"forward", "backward"};

/* Operations that nobody can do without: a multiplication and an addition for each number of a
 * pair's products. Forward q k and p v; backward q k again, do v, and those that add to dq, dk, dv.
 */
static double useful(const bench_case *c, bench_direction direction)
{
    double size = (double)c->a.head_size, value = (double)c->a.value_size;
    double products = direction == BENCH_FORWARD ? size + value : 3 * size + 2 * value;
    return 2 * (double)c->seen * products;
}

static double tokens(const bench_case *c)
{
    return (double)(c->a.batch * c->a.queries);
}

char *bench_plan_text(const bench_case *c)
{
    size_t size = heed_attention_plan_describe(c->a.plan, NULL, 0) + 1;
    char *text = malloc(size);
    if (text) heed_attention_plan_describe(c->a.plan, text, size);
    return text;
}

void bench_show_heading(void)
{
    output_text("    keys  queries  pass            ms   fastest   GFLOP/s    tokens/s"
                "  arrays MB  workspace MB  measured MB\n");
}

void bench_show_rows(const bench_case *c)
{
    for (int d = 0; d < BENCH_DIRECTIONS; d++) {
        const bench_pass *p = &c->pass[d];
        if (!p->wanted) continue;
        output_format("%8lld %8lld  %-8s %9.3f %9.3f %9.1f %11.0f %10.3f %13.3f ",
                      (long long)c->a.keys, (long long)c->a.queries, names[d], 1e3 * p->median,
                      1e3 * p->fastest, 1e-9 * useful(c, (bench_direction)d) / p->median,
                      tokens(c) / p->median, 1e-6 * (double)c->array_bytes,
                      1e-6 * (double)p->workspace);
        if (p->measured >= 0)
            output_format("%12.3f\n", 1e-6 * (double)p->measured);
        else
            output_format("%12s\n", "unknown");
    }
}

static json_t *pass_json(const bench_case *c, bench_direction direction)
{
    const bench_pass *p = &c->pass[direction];
    if (!p->wanted) return json_null();
    return json_pack("{s:f, s:f, s:f, s:f, s:I, s:o}", "seconds", p->median, "fastest_seconds",
                     p->fastest, "useful_flops_per_second", useful(c, direction) / p->median,
                     "tokens_per_second", tokens(c) / p->median, "workspace_bytes",
                     (json_int_t)p->workspace, "measured_bytes",
                     p->measured < 0 ? json_null() : json_integer(p->measured));
}

json_t *bench_json(const bench_case *c)
{
    char *plan = bench_plan_text(c);
    json_t *object =
        json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:o, s:o}", "batch",
                  (json_int_t)c->a.batch, "heads", (json_int_t)c->a.heads, "kv_heads",
                  (json_int_t)c->a.key_heads, "queries", (json_int_t)c->a.queries, "keys",
                  (json_int_t)c->a.keys, "head_size", (json_int_t)c->a.head_size, "value_size",
                  (json_int_t)c->a.value_size, "seen_pairs", (json_int_t)c->seen, "array_bytes",
                  (json_int_t)c->array_bytes, "plan", plan ? plan : "", "forward",
                  pass_json(c, BENCH_FORWARD), "backward", pass_json(c, BENCH_BACKWARD));
    free(plan);
    return object;
}
