/* SPDX-License-Identifier: MIT */
/* The spans of a text, true ones and those that a model found, one line above the other. */
#include "report/spans.h"

#include "explain/html.h"
#include "model/model.h"

#include <string.h>

const char heed__report_spans_style[] =
    ":root{--bad:#b3261e}\n"
    ".spans{display:grid;grid-template-columns:max-content 1fr;gap:.1em .9em;margin:.4em 0}\n"
    ".spans .method{line-height:2.2}.spans .text{line-height:2.1;margin:0}\n"
    ".spans mark{background:none;color:inherit;border-bottom:2px solid var(--ca);border-radius:0;"
    "padding-bottom:.1em}\n"
    ".spans mark.off{border-bottom:3px dashed var(--bad)}\n"
    ".spans small{font-size:.7em;color:var(--soft);margin-left:.35em}\n"
    ".spans .off small{color:var(--bad);font-weight:600}\n";
const char heed__report_spans_dark[] = ":root{--bad:#f2b8b5}\n";

void heed__report_spans_free(heed__report_spans *s)
{
    heed__tag_counts_free(&s->counts);
    heed__buffer_free(&s->given);
}

heed_status heed__report_spans_read(heed__report_spans *s, const heed_model *model,
                                    const heed_tagged *tagged, int64_t text, int output,
                                    heed_text gold)
{
    const heed__labels *labels = model->outputs[output].labels;
    heed__tag_counts_free(&s->counts);
    s->tagged = tagged;
    s->text = text;
    s->output = output;
    s->counts.single = !heed__tags_mark_spans(labels->names, labels->n);
    s->given.size = 0;
    for (int64_t w = 0; w < heed_tagged_words(tagged, text); w++)
        heed__buffer_format(&s->given, "%s ", heed_tagged_word_at(tagged, text, output, w).label);
    heed__buffer_add(&s->given, "", 0);
    if (s->given.status != HEED_OK) return s->given.status;
    return heed__tag_counts_add(&s->counts, gold, (heed_text){s->given.bytes, s->given.size});
}

int64_t heed__report_spans_wrong(const heed__report_spans *s)
{
    int64_t both = s->counts.all.gold + s->counts.all.given - 2 * s->counts.all.right;
    return s->counts.single ? both / 2 : both; /* a word is not missed and given too much at once */
}

static int is_same(const heed__tag_span *a, const heed__tag_span *b)
{
    return a->first == b->first && a->last == b->last && heed__text_compare(a->type, b->type) == 0;
}

static int is_among(const heed__tag_span *span, const heed__tag_span *others, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (is_same(span, &others[i])) return 1;
    return 0;
}

static void put_span(heed__buffer *out, heed_text text, size_t begin, size_t end, heed_text type,
                     int off)
{
    heed__buffer_text(out, off ? "<mark class=\"off\">" : "<mark>");
    heed__html_escaped(out, text.bytes + begin, end - begin);
    heed__buffer_text(out, "<small>");
    heed__html_escaped(out, type.bytes, type.size);
    heed__buffer_text(out, "</small></mark>");
}

/* The text with one side's spans; those that the other side lacks are off. Of tags that mark no
 * spans only these are shown. */
static void put_line(heed__buffer *out, const heed__report_spans *s, heed_text text,
                     const char *side, const heed__tag_span *spans, int64_t n,
                     const heed__tag_span *others, int64_t n_others)
{
    size_t at = 0;
    int64_t words = heed_tagged_words(s->tagged, s->text);
    heed__buffer_text(out, "<span class=\"method\">");
    heed__buffer_text(out, side);
    heed__buffer_text(out, "</span><p class=\"text\" dir=\"auto\">");
    for (int64_t i = 0; i < n && spans[i].last < words; i++) {
        int off = !is_among(&spans[i], others, n_others);
        size_t begin = heed_tagged_word_at(s->tagged, s->text, s->output, spans[i].first).begin;
        size_t end = heed_tagged_word_at(s->tagged, s->text, s->output, spans[i].last).end;
        if (s->counts.single && !off) continue;
        if (end > text.size) break;
        heed__html_escaped(out, text.bytes + at, begin - at);
        put_span(out, text, begin, end, spans[i].type, off);
        at = end;
    }
    heed__html_escaped(out, text.bytes + at, text.size - at);
    heed__buffer_text(out, "</p>\n");
}

void heed__report_spans_put(heed__buffer *out, const heed__report_spans *s, heed_text text)
{
    const heed__tag_span *gold = s->counts.spans, *given = gold + s->counts.all.gold;
    heed__buffer_text(out, "<div class=\"spans\">\n");
    put_line(out, s, text, "true", gold, s->counts.all.gold, given, s->counts.all.given);
    put_line(out, s, text, "found", given, s->counts.all.given, gold, s->counts.all.gold);
    heed__buffer_text(out, "</div>\n");
}
