/* SPDX-License-Identifier: MIT */
/* Figures as a table, and as data. */
#include "cli/bench.h"

#include "cli/output.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const names[BENCH_DIRECTIONS] = {"forward", "backward"};

/* What one run of a pass, or of both, comes to. */
typedef struct figures {
    const char *name;
    double seconds, fastest, flops, bytes;
} figures;

/* Operations that nobody can do without: a multiplication and an addition for each number of a
 * pair's products. Forward q k and p v; backward q k again, do v, and those that add to dq, dk, dv.
 */
static double useful(const bench_case *c, bench_direction direction)
{
    double size = (double)c->a.head_size, value = (double)c->a.value_size;
    double products = direction == BENCH_FORWARD ? size + value : 3 * size + 2 * value;
    return 2 * c->pairs * products;
}

static figures figures_of(const bench_case *c, bench_direction direction)
{
    const bench_pass *p = &c->pass[direction];
    return (figures){names[direction], p->median, p->fastest, useful(c, direction),
                     (double)p->bytes};
}

/* Of all that was wanted; returns how many passes that are. */
static int sum_of(const bench_case *c, figures *sum)
{
    int count = 0;
    *sum = (figures){.name = "both"};
    for (int d = 0; d < BENCH_DIRECTIONS; d++) {
        figures one = figures_of(c, (bench_direction)d);
        if (!c->pass[d].wanted) continue;
        count++;
        sum->seconds += one.seconds;
        sum->fastest += one.fastest;
        sum->flops += one.flops;
        sum->bytes += one.bytes;
    }
    return count;
}

/* Of the time that it took, how much the machine would have needed: its multiplier or its memory,
 * whichever has more to do. */
static double roof_share(const bench_case *c, const figures *f)
{
    double multiplier = f->flops / c->roof.flops, memory = f->bytes / c->roof.bytes;
    return (multiplier > memory ? multiplier : memory) / f->seconds;
}

char *bench_plan_text(const bench_case *c)
{
    size_t size = heed_attention_plan_describe(c->a.plan, NULL, 0) + 1;
    char *text = malloc(size);
    if (text) heed_attention_plan_describe(c->a.plan, text, size);
    return text;
}

void bench_show_heading(const bench_case *c)
{
    output_format("the machine: %.1f GFLOP/s, %.1f GB/s\n\n", 1e-9 * c->roof.flops,
                  1e-9 * c->roof.bytes);
}

void bench_show_columns(void)
{
    output_text("shape                 queries  pass            ms   fastest   GFLOP/s      GB/s"
                "  roofline  arrays MB  workspace MB  measured MB\n");
}

static void show_row(const bench_case *c, const figures *f)
{
    const attend *a = &c->a;
    char shape[96];
    snprintf(shape, sizeof shape, "%lldx%lldx%lldx%lld", (long long)a->batch, (long long)a->heads,
             (long long)a->keys, (long long)a->head_size);
    output_format("%-20s %8lld  %-8s %9.3f %9.3f %9.1f %9.2f %8.1f%%", shape, (long long)a->queries,
                  f->name, 1e3 * f->seconds, 1e3 * f->fastest, 1e-9 * f->flops / f->seconds,
                  1e-9 * f->bytes / f->seconds, 100 * roof_share(c, f));
}

void bench_show_rows(const bench_case *c)
{
    figures sum;
    for (int d = 0; d < BENCH_DIRECTIONS; d++) {
        const bench_pass *p = &c->pass[d];
        if (!p->wanted) continue;
        figures one = figures_of(c, (bench_direction)d);
        show_row(c, &one);
        output_format(" %10.3f %13.3f ", 1e-6 * (double)p->bytes, 1e-6 * (double)p->workspace);
        if (p->measured >= 0)
            output_format("%12.3f\n", 1e-6 * (double)p->measured);
        else
            output_format("%12s\n", "unknown");
    }
    if (sum_of(c, &sum) > 1) {
        show_row(c, &sum);
        output_text("\n");
    }
}

static json_t *figures_json(const bench_case *c, const figures *f)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "seconds", f->seconds, "fastest_seconds",
                     f->fastest, "gflops", 1e-9 * f->flops / f->seconds, "gbytes_per_second",
                     1e-9 * f->bytes / f->seconds, "roofline", roof_share(c, f),
                     "tokens_per_second", (double)(c->a.batch * c->a.queries) / f->seconds);
}

static json_t *pass_json(const bench_case *c, bench_direction direction)
{
    const bench_pass *p = &c->pass[direction];
    if (!p->wanted) return json_null();
    figures f = figures_of(c, direction);
    json_t *all = figures_json(c, &f);
    json_t *memory = json_pack("{s:I, s:I, s:o}", "array_bytes", (json_int_t)p->bytes,
                               "workspace_bytes", (json_int_t)p->workspace, "measured_bytes",
                               p->measured < 0 ? json_null() : json_integer(p->measured));
    json_object_update(all, memory);
    json_decref(memory);
    return all;
}

json_t *bench_json(const bench_case *c)
{
    figures sum;
    sum_of(c, &sum);
    char *plan = bench_plan_text(c);
    json_t *all = figures_json(c, &sum);
    json_t *object = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:i, s:s, s:I, s:I, s:f, s:f, s:s, s:o, s:o, s:o}",
        "batch", (json_int_t)c->a.batch, "heads", (json_int_t)c->a.heads, "kv_heads",
        (json_int_t)c->a.key_heads, "queries", (json_int_t)c->a.queries, "keys",
        (json_int_t)c->a.keys, "head_size", (json_int_t)c->a.head_size, "value_size",
        (json_int_t)c->a.value_size, "threads", heed_context_threads(c->a.context), "precision",
        options_text(c->a.given, "precision"), "seen_pairs", (json_int_t)c->seen, "array_bytes",
        (json_int_t)c->array_bytes, "machine_gflops", 1e-9 * c->roof.flops,
        "machine_gbytes_per_second", 1e-9 * c->roof.bytes, "plan", plan ? plan : "", "blocks",
        attend_blocks_json(c->a.plan), "forward", pass_json(c, BENCH_FORWARD), "backward",
        pass_json(c, BENCH_BACKWARD));
    free(plan);
    json_object_update(all, object);
    json_decref(object);
    return all;
}
