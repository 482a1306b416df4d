/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4): names data and model files, and finds damage in them. */
#ifndef HEED_BASE_SHA256_H
#define HEED_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { HEED_SHA256_SIZE = 32, HEED_SHA256_HEX = 65 };

/* Of the standard, for code that hashes many messages side by side: where the state starts, and the
 * constant of each round. */
extern const uint32_t heed__sha256_initial[8], heed__sha256_rounds[64];

/* A digest in the making. Copying it by assignment forks it. */
typedef struct heed__sha256 {
    uint32_t state[8];
    uint64_t length; /* bytes so far; the last length % 64 wait in block */
    unsigned char block[64];
} heed__sha256;

void heed__sha256_start(heed__sha256 *hash);
/* bytes may be NULL when size is 0. */
void heed__sha256_add(heed__sha256 *hash, const void *bytes, size_t size);
/* hash must be started again before it is used again. */
void heed__sha256_finish(heed__sha256 *hash, unsigned char digest[HEED_SHA256_SIZE]);

/* All at once. */
void heed__sha256_of(const void *bytes, size_t size, unsigned char digest[HEED_SHA256_SIZE]);

/* 64 lower-case hexadecimal digits and a NUL. */
void heed__sha256_hex(const unsigned char digest[HEED_SHA256_SIZE], char text[HEED_SHA256_HEX]);

#endif
