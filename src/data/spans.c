/* SPDX-License-Identifier: MIT */
#include "data/spans.h"

#include "data/strings.h"

#include <string.h>

static const heed__tag_parts outside = {'O', {"", 0}};

heed__tag_parts heed__tag_read(heed_text tag)
{
    if (!tag.size || !strchr("BIES", tag.bytes[0])) return outside;
    if (tag.size == 1) return (heed__tag_parts){tag.bytes[0], {"", 0}};
    if (tag.bytes[1] != '-') return outside;
    return (heed__tag_parts){tag.bytes[0], {tag.bytes + 2, tag.size - 2}};
}

int heed__tags_mark_spans(const char *const *names, int64_t n)
{
    int spans = 0;
    for (int64_t i = 0; i < n; i++) {
        heed__tag_parts parts = heed__tag_read((heed_text){names[i], strlen(names[i])});
        if (parts.mark == 'O' && strcmp(names[i], "O") != 0) return 0;
        spans |= parts.mark != 'O';
    }
    return spans;
}

int heed__tag_continues(heed__tag_parts tag)
{
    return tag.mark == 'I' || tag.mark == 'E';
}

int heed__tag_follows(heed__tag_parts before, heed__tag_parts tag)
{
    return heed__tag_continues(tag) && (before.mark == 'B' || before.mark == 'I') &&
           heed__text_compare(before.type, tag.type) == 0;
}

/* One step: the span that the word before was in goes on where the tag follows it; else it has
 * ended, and a tag that is not outside begins one. */
int heed__span_next(heed__span_walk *w, int64_t n, heed__tag_at tag, const void *user,
                    heed__tag_span *out)
{
    while (w->at <= n && (w->at < n || w->inside)) {
        heed__tag_parts now = w->at < n ? heed__tag_read(tag(user, w->at)) : outside;
        int ended = w->inside && !heed__tag_follows(w->before, now);
        if (ended) *out = (heed__tag_span){w->first, w->at - 1, w->before.type};
        if (ended || !w->inside) {
            w->inside = now.mark != 'O';
            w->first = w->at;
        }
        w->before = now;
        w->at++;
        if (ended) return 1;
    }
    return 0;
}
