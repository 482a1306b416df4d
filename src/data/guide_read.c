/* SPDX-License-Identifier: MIT */
#include "data/guide_files.h"

#include "base/fail.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "data/source.h"

#include <string.h>

void heed__guide_files_destroy(heed__guide_files **files)
{
    if (!files || !*files) return;
    for (int k = 0; k < (*files)->n; k++) heed_links_destroy(&(*files)->links[k]);
    heed__arena_free(&(*files)->arena);
    heed__free(*files);
    *files = NULL;
}

static void hash_number(heed__sha256 *hash, int64_t number)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)number >> 8 * i);
    heed__sha256_add(hash, bytes, sizeof bytes);
}

void heed__guide_hash(const heed__guide_files *files, char out[HEED_HASH_SIZE])
{
    heed__sha256 hash;
    unsigned char digest[HEED_SHA256_SIZE];
    heed__sha256_start(&hash);
    for (int k = 0; k < files->n; k++)
        for (int64_t pair = 0; pair < heed_links_pairs(files->links[k]); pair++) {
            heed_pair_links links = heed_links_at(files->links[k], pair);
            hash_number(&hash, links.n);
            for (int64_t i = 0; i < links.n; i++) {
                hash_number(&hash, links.items[i].source);
                hash_number(&hash, links.items[i].target);
            }
        }
    heed__sha256_finish(&hash, digest);
    heed__sha256_hex(digest, out);
}

/* Which of the sources a row came from; -1: none. */
static int file_of(const heed__guide_files *files, const char *path)
{
    for (int k = 0; k < files->n; k++)
        if (strcmp(files->sources[k], path) == 0) return k;
    return -1;
}

heed_status heed__guide_find(const heed__guide_files *files, const heed_dataset *dataset,
                             int64_t row, const heed_links **links, int64_t *pair)
{
    const char *path;
    int64_t line;
    heed_dataset_position(dataset, row, &path, &line);
    int file = file_of(files, path);
    *pair = line - 1 - files->header;
    if (file < 0 || *pair < 0 || *pair >= heed_links_pairs(files->links[file]))
        return heed__fail(HEED_E_DATA, "%s:%lld: no line of links belongs to it",
                          heed__source_name(path), (long long)line);
    *links = files->links[file];
    return HEED_OK;
}

/* A file of links has a line for each line of its source: of those left out at the end only the
 * number is known. */
static heed_status check_file(const heed__guide_files *files, int file, const char *path,
                              const heed_dataset *dataset)
{
    int64_t last = 0, lines = heed_links_pairs(files->links[file]);
    for (int64_t row = 0; row < heed_dataset_rows(dataset); row++) {
        const char *from;
        int64_t line;
        heed_dataset_position(dataset, row, &from, &line);
        if (file_of(files, from) == file && line - files->header > last)
            last = line - files->header;
    }
    if (lines >= last && lines <= last + heed_dataset_skipped(dataset)) return HEED_OK;
    return heed__fail(HEED_E_DATA,
                      "%s has %lld lines of links and %s has %lld pairs; line i of one must belong "
                      "to line i of the other, empty where there is no link",
                      heed__source_name(path), (long long)lines,
                      heed__source_name(files->sources[file]), (long long)last);
}

static heed_status read_file(heed__guide_files *files, int file, const char *path,
                             const char *source, const heed_dataset *dataset)
{
    const heed_links_options pharaoh = {.format = HEED_LINKS_PHARAOH};
    if (file_of(files, source) >= 0)
        return heed__fail(HEED_E_INVALID, "%s is given twice; its links could be either file's",
                          heed__source_name(source));
    HEED_TRY(heed__arena_text(&files->arena, source, strlen(source), &files->sources[file]));
    HEED_TRY(heed_links_read(path, &pharaoh, &files->links[file]));
    files->n++;
    return check_file(files, file, path, dataset);
}

heed_status heed__guide_read(const char *const *paths, const char *const *sources, int n,
                             const heed_dataset *dataset, heed__guide_files **out)
{
    const heed_layout *layout = heed_dataset_layout(dataset);
    heed__guide_files *files = NULL;
    *out = NULL;
    if (layout->format == HEED_FORMAT_FOLDER || layout->format == HEED_FORMAT_RUNNING)
        return heed__fail(HEED_E_INVALID,
                          "links belong to lines, but the data are in format %s; give two files of "
                          "lines, or tab-separated pairs",
                          heed_format_name(layout->format));
    HEED_TRY(heed__alloc(1, sizeof *files, "links", &files));
    files->header = layout->has_header;
    heed_status status =
        heed__arena_take(&files->arena, (size_t)n, sizeof *files->links, "links", &files->links);
    if (status == HEED_OK)
        status = heed__arena_take(&files->arena, (size_t)n, sizeof *files->sources, "links",
                                  &files->sources);
    for (int k = 0; k < n && status == HEED_OK; k++)
        status = read_file(files, k, paths[k], sources[k], dataset);
    if (status != HEED_OK)
        heed__guide_files_destroy(&files);
    else
        *out = files;
    return status;
}
