/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* mkstemp, fsync, realpath */
#include "base/file.h"

#include "base/fail.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FIRST_READ = 64 * 1024, WRITE_BUFFER = 256 * 1024 };

/* A regular file's size, so that its bytes are moved once; a pipe's is not known. */
static size_t expected_size(FILE *file)
{
    struct stat about;
    if (fstat(fileno(file), &about) != 0 || !S_ISREG(about.st_mode)) return 0;
    return (size_t)about.st_size;
}

static heed_status read_all(FILE *file, const char *path, size_t limit, unsigned char **bytes,
                            size_t *size)
{
    size_t room = 0, used = 0, expected = expected_size(file);
    size_t first = expected < limit ? expected : limit;
    if (first) HEED_TRY(heed__grow(bytes, &room, first + 2, 1, path));
    for (;;) {
        if (room < used + 2) HEED_TRY(heed__grow(bytes, &room, used + FIRST_READ, 1, path));
        size_t got = fread(*bytes + used, 1, room - used - 1, file);
        used += got;
        if (used > limit)
            return heed__fail(HEED_E_FORMAT, "%s: longer than the limit of %zu bytes", path, limit);
        if (got == 0) break;
    }
    if (ferror(file)) return heed__fail(HEED_E_IO, "%s: cannot be read: %s", path, strerror(errno));
    (*bytes)[used] = 0;
    *size = used;
    return HEED_OK;
}

heed_status heed__stream_read(FILE *file, const char *name, size_t limit, unsigned char **out_bytes,
                              size_t *out_size)
{
    *out_bytes = NULL;
    *out_size = 0;
    heed_status status = read_all(file, name, limit, out_bytes, out_size);
    if (status != HEED_OK) {
        heed__free(*out_bytes);
        *out_bytes = NULL;
    }
    return status;
}

heed_status heed__file_read(const char *path, size_t limit, unsigned char **out_bytes,
                            size_t *out_size)
{
    *out_bytes = NULL;
    *out_size = 0;
    FILE *file = fopen(path, "rb");
    if (!file) return heed__fail(HEED_E_IO, "%s: cannot be opened: %s", path, strerror(errno));
    heed_status status = heed__stream_read(file, path, limit, out_bytes, out_size);
    fclose(file);
    return status;
}

struct heed__file_writer {
    char *target; /* where links lead: the link itself must survive */
    char *temporary;
    FILE *file;
    int special; /* a pipe or device is written in place: it cannot be renamed over */
    heed_status status;
};

static void writer_free(heed__file_writer **writer)
{
    heed__file_writer *w = *writer;
    if (w->file) fclose(w->file);
    free(w->target);
    free(w->temporary);
    free(w);
    *writer = NULL;
}

static heed_status open_beside(heed__file_writer *w, const char *path)
{
    struct stat old;
    int exists = stat(path, &old) == 0;
    if (exists && S_ISDIR(old.st_mode))
        return heed__fail(HEED_E_IO, "%s: is a folder; name a file in it", path);
    w->special = exists && !S_ISREG(old.st_mode);
    w->target = exists && !w->special ? realpath(path, NULL) : strdup(path);
    if (!w->target) return heed__fail(HEED_E_IO, "%s: %s", path, strerror(errno));
    if (w->special) {
        w->file = fopen(path, "wb");
    } else {
        size_t length = strlen(w->target) + sizeof ".XXXXXX";
        w->temporary = malloc(length);
        if (!w->temporary) return heed__fail(HEED_E_NOMEM, "no memory for the name of %s", path);
        snprintf(w->temporary, length, "%s.XXXXXX", w->target);
        int fd = mkstemp(w->temporary);
        if (fd < 0) {
            free(w->temporary);
            w->temporary = NULL;
            return heed__fail(HEED_E_IO, "%s: cannot be written: %s", path, strerror(errno));
        }
        mode_t mask = umask(0);
        umask(mask);
        if (fchmod(fd, exists ? old.st_mode & 07777 : 0666 & ~mask) != 0) { /* best effort */
        }
        w->file = fdopen(fd, "wb");
        if (!w->file) close(fd);
    }
    if (!w->file) return heed__fail(HEED_E_IO, "%s: cannot be written: %s", path, strerror(errno));
    setvbuf(w->file, NULL, _IOFBF, WRITE_BUFFER);
    return HEED_OK;
}

heed_status heed__file_create(const char *path, heed__file_writer **out)
{
    *out = NULL;
    heed__file_writer *w = calloc(1, sizeof *w);
    if (!w) return heed__fail(HEED_E_NOMEM, "no memory to write %s", path);
    w->status = open_beside(w, path);
    if (w->status != HEED_OK) {
        heed_status status = w->status;
        heed__file_abandon(&w);
        return status;
    }
    *out = w;
    return HEED_OK;
}

heed_status heed__file_probe(const char *path)
{
    heed__file_writer *writer = NULL;
    struct stat old;
    if (stat(path, &old) == 0 && !S_ISREG(old.st_mode) && !S_ISDIR(old.st_mode)) return HEED_OK;
    HEED_TRY(heed__file_create(path, &writer));
    heed__file_abandon(&writer);
    return HEED_OK;
}

heed_status heed__file_write(heed__file_writer *w, const void *bytes, size_t size)
{
    if (w->status == HEED_OK && size && fwrite(bytes, 1, size, w->file) != size)
        w->status = heed__fail(HEED_E_IO, "%s: cannot be written: %s; what was there is kept",
                               w->target, strerror(errno));
    return w->status;
}

/* The rename itself must survive a power cut, so the folder is synced too. */
static void sync_folder(const char *path)
{
    char *copy = strdup(path);
    if (!copy) return;
    char *slash = strrchr(copy, '/');
    if (slash) slash[slash == copy] = 0;
    int fd = open(slash ? copy : ".", O_RDONLY | O_DIRECTORY);
    free(copy);
    if (fd < 0) return;
    (void)!fsync(fd);
    close(fd);
}

heed_status heed__file_finish(heed__file_writer **writer)
{
    heed__file_writer *w = *writer;
    if (w->status == HEED_OK &&
        (fflush(w->file) != 0 || (!w->special && fsync(fileno(w->file)) != 0)))
        w->status = heed__fail(HEED_E_IO, "%s: cannot be written: %s; what was there is kept",
                               w->target, strerror(errno));
    if (w->status == HEED_OK && w->temporary && rename(w->temporary, w->target) != 0)
        w->status = heed__fail(HEED_E_IO, "%s: cannot be replaced: %s", w->target, strerror(errno));
    heed_status status = w->status;
    if (status != HEED_OK) {
        heed__file_abandon(writer);
        return status;
    }
    if (w->temporary) sync_folder(w->target);
    writer_free(writer);
    return HEED_OK;
}

void heed__file_abandon(heed__file_writer **writer)
{
    if (!writer || !*writer) return;
    if ((*writer)->temporary) unlink((*writer)->temporary);
    writer_free(writer);
}
