/* SPDX-License-Identifier: MIT */
/* For tests: numbers to and from .npy files, by rules of its own.
 *     npy_text write KIND SHAPE FILE <numbers      KIND f4, f8, i8, b1, u2 or f2 (bit patterns)
 *     npy_text read FILE                           one number a line
 *     npy_text shape FILE                          "f4 (2, 3)" */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int write_number(FILE *file, const char *kind, const char *word)
{
    union {
        float f4;
        double f8;
        int64_t i8;
        uint16_t u2;
        unsigned char b1;
    } x;
    size_t size = (size_t)(kind[1] - '0');
    if (strcmp(kind, "f4") == 0)
        x.f4 = strtof(word, NULL);
    else if (strcmp(kind, "f8") == 0)
        x.f8 = strtod(word, NULL);
    else if (strcmp(kind, "i8") == 0)
        x.i8 = strtoll(word, NULL, 10);
    else if (size == 2)
        x.u2 = (uint16_t)strtol(word, NULL, 0);
    else
        x.b1 = (unsigned char)atoi(word);
    return fwrite(&x, size, 1, file) == 1;
}

static int write_file(const char *kind, const char *shape, const char *path)
{
    char header[118], word[64];
    FILE *file = fopen(path, "wb");
    if (!file) return 1;
    snprintf(header, sizeof header, "{'descr': '%s%s', 'fortran_order': False, 'shape': (%s), }",
             strcmp(kind, "b1") == 0 ? "|" : "<", kind, shape);
    memset(header + strlen(header), ' ', sizeof header - strlen(header));
    header[sizeof header - 1] = '\n';
    fwrite("\x93NUMPY\1\0\x76\0", 1, 10, file);
    fwrite(header, 1, sizeof header, file);
    while (scanf("%63s", word) == 1)
        if (!write_number(file, kind, word)) return 1;
    return fclose(file) != 0;
}

static void print_number(const char *kind, const unsigned char *bytes)
{
    float f4;
    double f8;
    int64_t i8;
    uint16_t u2;
    memcpy(&u2, bytes, 2);
    if (strcmp(kind, "<f4") == 0) {
        memcpy(&f4, bytes, sizeof f4);
        printf("%.9g\n", (double)f4);
    } else if (strcmp(kind, "<f8") == 0) {
        memcpy(&f8, bytes, sizeof f8);
        printf("%.17g\n", f8);
    } else if (strcmp(kind, "<i8") == 0) {
        memcpy(&i8, bytes, sizeof i8);
        printf("%lld\n", (long long)i8);
    } else if (strcmp(kind, "<u2") == 0 || strcmp(kind, "<f2") == 0) {
        printf("0x%04x\n", u2);
    } else {
        printf("%d\n", bytes[0]);
    }
}

static int read_file(const char *path, int shape_only)
{
    unsigned char start[10], bytes[16] = {0};
    char header[65536], kind[4] = "";
    FILE *file = fopen(path, "rb");
    if (!file || fread(start, 1, 10, file) != 10) return 1;
    size_t length = start[8] + 256u * start[9], size;
    if (fread(header, 1, length, file) != length) return 1;
    header[length] = 0;
    memcpy(kind, strstr(header, "'descr': '") + 10, 3);
    size = (size_t)(kind[2] - '0');
    char *shape = strstr(header, "'shape': ") + 9;
    if (shape_only) {
        printf("%s %.*s\n", kind + 1, (int)(strchr(shape, ')') + 1 - shape), shape);
        return 0;
    }
    while (fread(bytes, size, 1, file) == 1) print_number(kind, bytes);
    fclose(file);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "write") == 0) return write_file(argv[2], argv[3], argv[4]);
    if (argc == 3) return read_file(argv[2], strcmp(argv[1], "shape") == 0);
    return 2;
}
