/* SPDX-License-Identifier: MIT */
#include "kernels/kernels.h"

#include "kernels/levels.h"

#include <stdatomic.h>
#include <stddef.h>

typedef const heed__kernels *(*table_function)(void);

/* Float32 has no kernels on AMX: its tiles take bfloat16. */
static const table_function tables[HEED_LEVELS] = {
    [HEED_LEVEL_SCALAR] = heed__kernels_scalar,
    [HEED_LEVEL_AVX2] = heed__kernels_avx2,
    [HEED_LEVEL_AVX512] = heed__kernels_avx512,
    [HEED_LEVEL_NEON] = heed__kernels_neon,
};

static _Atomic(const heed__kernels *) chosen;

const heed__kernels *heed__kernels_at(heed__level level)
{
    return tables[level] && heed__cpu_has(level) ? tables[level]() : NULL;
}

const heed__kernels *heed__kernels_best(void)
{
    const heed__kernels *best = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (best) return best;
    int level = (int)heed__cpu_level();
    while (!(best = heed__kernels_at((heed__level)level))) level--;
    /* Threads that meet here store the same constant table. */
    atomic_store_explicit(&chosen, best, memory_order_relaxed);
    return best;
}
