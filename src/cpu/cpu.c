/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* syscall */
#include "cpu/cpu.h"

#include "base/fail.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__x86_64__)
#    include <cpuid.h>
#    include <sys/syscall.h>
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int has[HEED_LEVELS];
static heed__level best;
static char processor[64] = "unknown";
static char asked[32]; /* HEED_CPU as it was */
static heed_status check = HEED_OK;

static const char *const level_names[HEED_LEVELS] = {"scalar", "avx2", "avx512", "amx", "neon"};

const char *heed__level_name(heed__level level)
{
    return level_names[level];
}

#if defined(__x86_64__)

enum { ARCH_REQUEST_PERMISSION = 0x1023, FEATURE_TILE_DATA = 18 };

/* Linux hands out AMX's 8 KiB of tile state to a process only on request. */
static int amx_permitted(void)
{
    return syscall(SYS_arch_prctl, ARCH_REQUEST_PERMISSION, FEATURE_TILE_DATA) == 0;
}

static uint64_t enabled_states(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

static void detect(void)
{
    unsigned a, b, c, d;
    for (unsigned i = 0; i < 3 && __get_cpuid(0x80000002u + i, &a, &b, &c, &d); i++) {
        unsigned words[4] = {a, b, c, d};
        memcpy(processor + 16 * i, words, sizeof words);
    }
    if (!__get_cpuid(1, &a, &b, &c, &d)) return;
    int fma = c >> 12 & 1, osxsave = c >> 27 & 1, avx = c >> 28 & 1;
    if (!osxsave || !avx) return;
    uint64_t states = enabled_states();
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
    int ymm = (states & 0x6) == 0x6, zmm = (states & 0xe6) == 0xe6;
    int tiles = (states & 0x60000) == 0x60000;
    has[HEED_LEVEL_AVX2] = ymm && fma && (b >> 5 & 1);
    has[HEED_LEVEL_AVX512] = has[HEED_LEVEL_AVX2] && zmm && (b >> 16 & 1) && (b >> 17 & 1) &&
                             (b >> 30 & 1) && (b >> 31 & 1);
    int amx = tiles && (d >> 22 & 1) && (d >> 24 & 1);
    int converts = __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a >> 5 & 1); /* AVX512_BF16 */
    has[HEED_LEVEL_AMX] = has[HEED_LEVEL_AVX512] && amx && converts && amx_permitted();
}

#elif defined(__aarch64__)

static void detect(void)
{
    strcpy(processor, "64-bit Arm");
    has[HEED_LEVEL_NEON] = 1; /* part of the architecture */
}

#else

static void detect(void) {}

#endif

static void start(void)
{
    has[HEED_LEVEL_SCALAR] = 1;
    detect();
    int cap = HEED_LEVELS - 1;
    const char *wanted = getenv("HEED_CPU");
    if (wanted && *wanted) {
        snprintf(asked, sizeof asked, "%s", wanted);
        cap = -1;
        for (int i = 0; i < HEED_LEVELS; i++)
            if (strcmp(wanted, level_names[i]) == 0) cap = i;
        if (cap < 0 || !has[cap]) check = HEED_E_INVALID;
        if (cap < 0) cap = HEED_LEVELS - 1;
    }
    for (int i = 0; i <= cap; i++)
        if (has[i]) best = (heed__level)i;
}

int heed__cpu_has(heed__level level)
{
    pthread_once(&once, start);
    return has[level];
}

heed__level heed__cpu_level(void)
{
    pthread_once(&once, start);
    return best;
}

const char *heed__cpu_name(void)
{
    pthread_once(&once, start);
    const char *name = processor;
    while (*name == ' ') name++;
    return name;
}

heed_status heed__cpu_check(void)
{
    pthread_once(&once, start);
    if (check == HEED_OK) return HEED_OK;
    return heed__fail(check,
                      "HEED_CPU=%s: not a level of this machine; its levels: scalar%s%s%s%s; "
                      "%s is used",
                      asked, has[HEED_LEVEL_AVX2] ? ", avx2" : "",
                      has[HEED_LEVEL_AVX512] ? ", avx512" : "", has[HEED_LEVEL_AMX] ? ", amx" : "",
                      has[HEED_LEVEL_NEON] ? ", neon" : "", level_names[best]);
}
