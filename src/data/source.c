/* SPDX-License-Identifier: MIT */
#define _POSIX_C_SOURCE 200809L /* read, open */
#include "data/source.h"

#include "base/fail.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { INPUT_SIZE = 64 * 1024, GZIP_ONLY = 15 + 16 };

struct heed__source {
    const char *name;
    int file;
    int input_ended;
    enum { UNSEEN, PLAIN, GZIP, GZIP_PAST } state; /* PAST: between members or after the last */
    z_stream inflater;
    int inflater_made;
    unsigned char input[INPUT_SIZE]; /* compressed, or the first plain bytes */
    size_t begin, end;               /* what of it is not used yet */
};

const char *heed__source_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

heed_status heed__source_open(const char *path, heed__source **out)
{
    *out = NULL;
    int standard = strcmp(path, "-") == 0;
    int file = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return heed__fail(HEED_E_IO, "%s: cannot be opened: %s%s", path, strerror(errno),
                          errno == ENOENT ? "; check the name" : "");
    heed__source *s = NULL;
    heed_status status = heed__alloc(1, sizeof *s, path, &s);
    if (status != HEED_OK) {
        if (!standard) close(file);
        return status;
    }
    s->name = heed__source_name(path);
    s->file = file;
    *out = s;
    return HEED_OK;
}

void heed__source_close(heed__source **source)
{
    if (!source || !*source) return;
    if ((*source)->inflater_made) inflateEnd(&(*source)->inflater);
    if ((*source)->file != STDIN_FILENO) close((*source)->file);
    heed__free(*source);
    *source = NULL;
}

static heed_status read_some(heed__source *s, void *bytes, size_t size, size_t *got)
{
    ssize_t count;
    do count = read(s->file, bytes, size);
    while (count < 0 && errno == EINTR);
    if (count < 0) return heed__fail(HEED_E_IO, "%s: cannot be read: %s", s->name, strerror(errno));
    *got = (size_t)count;
    if (!count) s->input_ended = 1;
    return HEED_OK;
}

/* At least `wanted` bytes of input, fewer only at its end. */
static heed_status fill(heed__source *s, size_t wanted)
{
    memmove(s->input, s->input + s->begin, s->end - s->begin);
    s->end -= s->begin;
    s->begin = 0;
    while (s->end < wanted && !s->input_ended) {
        size_t got = 0;
        HEED_TRY(read_some(s, s->input + s->end, sizeof s->input - s->end, &got));
        s->end += got;
    }
    return HEED_OK;
}

static int gzip_magic(const heed__source *s)
{
    return s->end - s->begin >= 2 && s->input[s->begin] == 0x1F && s->input[s->begin + 1] == 0x8B;
}

/* Looks at the first bytes, or at those after a gzip member. */
static heed_status look(heed__source *s)
{
    HEED_TRY(fill(s, 2));
    if (gzip_magic(s)) {
        int code =
            s->inflater_made ? inflateReset(&s->inflater) : inflateInit2(&s->inflater, GZIP_ONLY);
        if (code != Z_OK) return heed__fail(HEED_E_NOMEM, "%s: no memory to inflate", s->name);
        s->inflater_made = 1;
        s->state = GZIP;
    } else if (s->state == UNSEEN) {
        s->state = PLAIN;
    }
    return HEED_OK;
}

/* After a member: zeros may pad it (tapes, block devices), anything else is damage. */
static heed_status skip_padding(heed__source *s)
{
    do {
        HEED_TRY(fill(s, 1));
        for (; s->begin < s->end; s->begin++)
            if (s->input[s->begin])
                return heed__fail(HEED_E_FORMAT,
                                  "%s: bytes that are not gzip follow the compressed data; "
                                  "compress it again",
                                  s->name);
    } while (!s->input_ended);
    return HEED_OK;
}

static heed_status inflate_some(heed__source *s, char *bytes, size_t size, size_t *got)
{
    z_stream *z = &s->inflater;
    z->next_out = (unsigned char *)bytes;
    z->avail_out = size > 1u << 30 ? 1u << 30 : (unsigned)size;
    unsigned room = z->avail_out;
    while (z->avail_out == room) {
        if (s->begin == s->end) HEED_TRY(fill(s, 1));
        if (s->begin == s->end)
            return heed__fail(HEED_E_FORMAT,
                              "%s: the gzip data ends too early; the file was cut: fetch it again",
                              s->name);
        z->next_in = s->input + s->begin;
        z->avail_in = (unsigned)(s->end - s->begin);
        int code = inflate(z, Z_NO_FLUSH);
        s->begin = s->end - z->avail_in;
        if (code == Z_STREAM_END) {
            s->state = GZIP_PAST;
            break;
        }
        if (code != Z_OK && code != Z_BUF_ERROR)
            return heed__fail(HEED_E_FORMAT, "%s: the gzip data is damaged (%s); fetch it again",
                              s->name, z->msg ? z->msg : "no reason given");
    }
    *got = room - z->avail_out;
    return HEED_OK;
}

heed_status heed__source_read(heed__source *s, char *bytes, size_t size, size_t *got)
{
    *got = 0;
    if (s->state == UNSEEN) HEED_TRY(look(s));
    if (s->state == PLAIN) {
        size_t held = s->end - s->begin;
        if (!held) return s->input_ended ? HEED_OK : read_some(s, bytes, size, got);
        *got = held < size ? held : size;
        memcpy(bytes, s->input + s->begin, *got);
        s->begin += *got;
        return HEED_OK;
    }
    for (;;) {
        if (s->state == GZIP) HEED_TRY(inflate_some(s, bytes, size, got));
        if (*got || s->state == GZIP) return HEED_OK;
        HEED_TRY(look(s)); /* an empty member, or the end of one: perhaps another follows */
        if (s->state == GZIP_PAST) return skip_padding(s);
    }
}
