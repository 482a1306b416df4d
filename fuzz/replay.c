/* SPDX-License-Identifier: MIT */
/* Runs a fuzz target without libFuzzer, as a test: on each seed, on each seed cut at every byte,
 * and on each seed with every byte damaged (evenly spread places where a seed is long). Speaks TAP;
 * a crash ends the program, and the last line tells the seed. */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>

enum { MOST_BYTES = 1 << 20, MOST_PLACES = 600 };

static uint8_t seed[MOST_BYTES];

/* A copy of exact size, so that a sanitizer sees a read past the end. */
static void give(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static int replay(size_t size)
{
    static const uint8_t damage[] = {0xff, 0x01, 0x20};
    size_t step = size / MOST_PLACES + 1;
    int runs = 1;
    give(seed, size);
    for (size_t at = 0; at < size; at += step) {
        give(seed, at);
        for (size_t kind = 0; kind < sizeof damage; kind++) {
            seed[at] ^= damage[kind];
            give(seed, size);
            seed[at] ^= damage[kind];
        }
        runs += 1 + (int)sizeof damage;
    }
    return runs;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: %s SEEDS_FOLDER\n", argv[0]);
        return 2;
    }
    int seeds = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        FILE *file = fopen(path, "rb");
        if (!file) return 2;
        size_t size = fread(seed, 1, sizeof seed, file);
        fclose(file);
        printf("# %s\n", path);
        fflush(stdout);
        int runs = replay(size);
        printf("ok %d - %s, %d inputs\n", ++seeds, entry->d_name, runs);
    }
    closedir(folder);
    printf("1..%d\n", seeds);
    return seeds ? 0 : 1;
}
