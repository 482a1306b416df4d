/* SPDX-License-Identifier: MIT */
/* Any bytes are links or an error. The first byte picks the options; links that are read say
 * themselves as Pharaoh lines that are read again as the same. */
#include "fuzz.h"

#include "heed/alignment.h"
#include "heed/config.h"

#include <string.h>

static char *all_lines(const heed_links *links)
{
    size_t used = 0, room = 1;
    char *all = calloc(1, 1);
    for (int64_t pair = 0; pair < heed_links_pairs(links) && all; pair++) {
        char *line = NULL;
        heed_pair_links at = heed_links_at(links, pair);
        if (heed_links_text(&at, &line) != HEED_OK) abort();
        size_t size = strlen(line);
        if (used + size + 2 > room) {
            room = 2 * (used + size + 2);
            all = realloc(all, room);
        }
        if (!all) abort();
        memcpy(all + used, line, size);
        memcpy(all + used + size, "\n", 2);
        used += size + 1;
        heed_text_free(line);
    }
    return all;
}

static void check_again(const heed_links *links)
{
    char path[32], *first = all_lines(links);
    heed_links *again = NULL;
    heed_links_options options = {.format = HEED_LINKS_PHARAOH};
    int file = fuzz_file((const uint8_t *)first, strlen(first), path);
    if (heed_links_read(path, &options, &again) != HEED_OK) abort();
    char *second = all_lines(again);
    if (strcmp(first, second) != 0) abort();
    heed_links *both = NULL;
    heed_alignment_score score;
    if (heed_links_symmetrise(links, again, HEED_SYMMETRISE_GROW_DIAG, &both) != HEED_OK ||
        heed_links_score(both, links, &score) != HEED_OK || score.links != score.links_possible)
        abort();
    heed_links_destroy(&both);
    heed_links_destroy(&again);
    free(first);
    free(second);
    close(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (!size) return 0;
    char path[32];
    heed_links *links = NULL;
    heed_links_options options = {
        .format = bytes[0] % 3,
        .reversed = bytes[0] >> 2 & 1,
        .from_one = bytes[0] >> 3 & 1,
        .pairs = bytes[0] >> 4,
    };
    int file = fuzz_file(bytes + 1, size - 1, path);
    heed_status status = heed_links_read(path, &options, &links);
    if (status != HEED_OK && !*heed_status_message()) abort();
    if (status == HEED_OK && heed_links_pairs(links) < 1000) check_again(links);
    heed_links_destroy(&links);
    close(file);
    return 0;
}
