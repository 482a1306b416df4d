/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* opendir, stat */
#include "data/walk.h"

#include "base/fail.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEEPEST = 32 };

int heed__walk_is_folder(const char *path)
{
    struct stat found;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

static heed_status walk_into(heed__walk *w, const char *folder, int depth)
{
    if (depth > DEEPEST)
        return heed__fail(HEED_E_IO, "%s: more than %d folders deep; is a link leading back?",
                          folder, DEEPEST);
    DIR *open = opendir(folder);
    if (!open) return heed__fail(HEED_E_IO, "%s: cannot be opened: %s", folder, strerror(errno));
    heed_status status = HEED_OK;
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') length--;
    for (struct dirent *entry; status == HEED_OK && (entry = readdir(open));) {
        if (entry->d_name[0] == '.') continue;
        size_t name = strlen(entry->d_name);
        char *path = NULL;
        HEED_TRY_CLEAN(heed__arena_take(&w->arena, length + name + 2, 1, "a path", &path));
        memcpy(path, folder, length);
        path[length] = '/';
        memcpy(path + length + 1, entry->d_name, name);
        if (heed__walk_is_folder(path)) {
            status = walk_into(w, path, depth + 1);
        } else {
            HEED_TRY_CLEAN(heed__grow(&w->files, &w->room, w->n + 1, sizeof *w->files, "paths"));
            w->files[w->n++] = path;
        }
    }
cleanup:
    closedir(open);
    return status;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

heed_status heed__walk_folder(const char *folder, heed__walk *out)
{
    *out = (heed__walk){0};
    heed_status status = walk_into(out, folder, 1);
    if (status != HEED_OK)
        heed__walk_free(out);
    else if (out->n)
        qsort(out->files, out->n, sizeof *out->files, compare);
    return status;
}

void heed__walk_free(heed__walk *walk)
{
    heed__arena_free(&walk->arena);
    free(walk->files);
    *walk = (heed__walk){0};
}
