/* SPDX-License-Identifier: MIT */
/* Which vector levels this processor and its system allow, and the cap HEED_CPU puts on them. */
#ifndef HEED_CPU_CPU_H
#define HEED_CPU_CPU_H

#include "heed/status.h"

/* In ascending order within an architecture. */
typedef enum heed__level {
    HEED_LEVEL_SCALAR = 0, /* portable C */
    HEED_LEVEL_AVX2 = 1,   /* AVX2 and FMA */
    HEED_LEVEL_AVX512 = 2, /* AVX-512 F, BW, DQ, VL */
    HEED_LEVEL_AMX = 3,    /* AMX tiles with bfloat16, and the system's permission to use them */
    HEED_LEVEL_NEON = 4,   /* 64-bit Arm */
    HEED_LEVELS
} heed__level;

/* "scalar", "avx2", "avx512", "amx", "neon". */
const char *heed__level_name(heed__level level);

/* What the machine has, whatever HEED_CPU says. Scalar is always there. */
int heed__cpu_has(heed__level level);

/* The highest level to use: what the machine has, capped by HEED_CPU (read once). */
heed__level heed__cpu_level(void);

/* HEED_E_INVALID when HEED_CPU names no level, or one that this machine lacks (then the best below
 * it is used). */
heed_status heed__cpu_check(void);

/* The processor's own name, or "unknown". Static. */
const char *heed__cpu_name(void);

#endif
