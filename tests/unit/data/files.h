/* SPDX-License-Identifier: MIT */
/* Small files for the tests of the data floor, and a log that remembers. */
#ifndef HEED_TESTS_DATA_FILES_H
#define HEED_TESTS_DATA_FILES_H

#include "check.h"

#include "heed/context.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char files_folder[64];
static char files_paths[16][160]; /* of the last 16 files written */
static int files_count;
static char files_log[1 << 16];
static heed_context *files_context;

static inline const char *files_path(const char *name)
{
    char *path = files_paths[files_count++ % 16];
    snprintf(path, sizeof files_paths[0], "%s/%s", files_folder, name);
    for (char *slash = path + strlen(files_folder) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        mkdir(path, 0777);
        *slash = '/';
    }
    return path;
}

/* Writes a file of that name (folders in it are made) and returns its path. */
static inline const char *files_bytes(const char *name, const void *bytes, size_t size)
{
    const char *path = files_path(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    return path;
}

static inline const char *files_text(const char *name, const char *text)
{
    return files_bytes(name, text, strlen(text));
}

static inline const char *files_gzip(const char *name, const char *text)
{
    const char *path = files_path(name);
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, (unsigned)strlen(text)), strlen(text));
    gzclose(file);
    return path;
}

static inline void files_remember(void *user, heed_log_level level, const char *line)
{
    (void)user;
    size_t used = strlen(files_log);
    snprintf(files_log + used, sizeof files_log - used, "%s%s\n", level ? "! " : "", line);
}

static inline int files_remove(const char *path, const struct stat *s, int type, struct FTW *at)
{
    (void)s;
    (void)type;
    (void)at;
    return remove(path);
}

static inline int files_setup(void **state)
{
    (void)state;
    strcpy(files_folder, "/tmp/heed-test-XXXXXX");
    files_log[0] = 0;
    heed_context_options options = {.threads = 2, .log = files_remember};
    return !mkdtemp(files_folder) || heed_context_create(&options, &files_context) != HEED_OK;
}

static inline int files_teardown(void **state)
{
    (void)state;
    heed_context_destroy(&files_context);
    return nftw(files_folder, files_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#define check_logged(text)                                                                         \
    do {                                                                                           \
        if (!strstr(files_log, text)) fail_msg("log '%s' lacks '%s'", files_log, text);            \
    } while (0)

#define files_test(function) cmocka_unit_test_setup_teardown(function, files_setup, files_teardown)

#endif
