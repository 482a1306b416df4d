/* SPDX-License-Identifier: MIT */
#include "base/sha256.h"

#include <string.h>

enum { BLOCK = 64, LENGTH_AT = 56, ROUNDS = 64 };

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const uint32_t heed__sha256_rounds[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int by)
{
    return x >> by | x << (32 - by);
}

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void compress(uint32_t state[8], const unsigned char *block)
{
    uint32_t w[ROUNDS];
    for (int i = 0; i < 16; i++) w[i] = big_endian(block + 4 * i);
    for (int i = 16; i < ROUNDS; i++) {
        uint32_t early = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t late = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + early + w[i - 7] + late;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t choice = (e & f) ^ (~e & g), majority = (a & b) ^ (a & c) ^ (b & c);
        uint32_t first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice +
                         heed__sha256_rounds[i] + w[i];
        uint32_t second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
        h = g;
        g = f;
        f = e;
        e = d + first;
        d = c;
        c = b;
        b = a;
        a = first + second;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

/* The same of the square roots of the first 8. */
const uint32_t heed__sha256_initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                          0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

void heed__sha256_start(heed__sha256 *hash)
{
    *hash = (heed__sha256){.length = 0};
    memcpy(hash->state, heed__sha256_initial, sizeof hash->state);
}

void heed__sha256_add(heed__sha256 *hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    size_t waiting = (size_t)(hash->length % BLOCK);
    hash->length += size;
    if (waiting) {
        size_t wanted = BLOCK - waiting, taken = size < wanted ? size : wanted;
        if (taken) memcpy(hash->block + waiting, at, taken);
        if (taken < wanted) return;
        compress(hash->state, hash->block);
        at += taken;
        size -= taken;
    }
    for (; size >= BLOCK; size -= BLOCK, at += BLOCK) compress(hash->state, at);
    if (size) memcpy(hash->block, at, size);
}

void heed__sha256_finish(heed__sha256 *hash, unsigned char digest[HEED_SHA256_SIZE])
{
    uint64_t bits = hash->length * 8;
    unsigned char tail[BLOCK + LENGTH_AT] = {0x80}, length[8];
    size_t waiting = (size_t)(hash->length % BLOCK);
    size_t padding = waiting < LENGTH_AT ? LENGTH_AT - waiting : BLOCK + LENGTH_AT - waiting;
    for (int i = 0; i < 8; i++) length[i] = (unsigned char)(bits >> (56 - 8 * i));
    heed__sha256_add(hash, tail, padding);
    heed__sha256_add(hash, length, sizeof length);
    for (int i = 0; i < HEED_SHA256_SIZE; i++)
        digest[i] = (unsigned char)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void heed__sha256_of(const void *bytes, size_t size, unsigned char digest[HEED_SHA256_SIZE])
{
    heed__sha256 hash;
    heed__sha256_start(&hash);
    heed__sha256_add(&hash, bytes, size);
    heed__sha256_finish(&hash, digest);
}

void heed__sha256_hex(const unsigned char digest[HEED_SHA256_SIZE], char text[HEED_SHA256_HEX])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < HEED_SHA256_SIZE; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[2 * HEED_SHA256_SIZE] = 0;
}
