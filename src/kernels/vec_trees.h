/* SPDX-License-Identifier: MIT */
/* vec_trees where no shuffles do it in fewer steps: the rows are turned first. */
#ifndef HEED_KERNELS_VEC_TREES_H
#define HEED_KERNELS_VEC_TREES_H

/* Lane r: the lanes of row r, joined by the tree of vec_tree_sum. x is used up. */
HEED_INLINE vec vec_trees(vec x[LANES], vec (*join)(vec, vec))
{
    vec_transpose(x);
    HEED_UNROLL
    for (int half = LANES / 2; half; half /= 2) {
        HEED_UNROLL
        for (int i = 0; i < half; i++) x[i] = join(x[i], x[i + half]);
    }
    return x[0];
}

#endif
