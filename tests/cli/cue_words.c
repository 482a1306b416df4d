/* SPDX-License-Identifier: MIT */
/*
 * usage: cue_words EXPLAINED.json METHOD TOP SHARE OUTPUT=CUE...
 * Of what `heed explain --json` wrote: in how many texts that hold a cue it is one of the TOP
 * highest words of its output (a shown word that holds the cue counts, such as "紧急的"). Fails
 * when the share over all cues is below SHARE, or no text holds a cue.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nonzero when the text holds the cue, whatever the case of ASCII letters. */
static int holds(const char *text, const char *cue)
{
    size_t size = strlen(cue);
    for (; *text; text++) {
        size_t i = 0;
        while (i < size && tolower((unsigned char)text[i]) == (unsigned char)cue[i]) i++;
        if (i == size) return 1;
    }
    return 0;
}

static double score_of(const json_t *word, const char *method)
{
    return json_number_value(json_object_get(json_object_get(word, "scores"), method));
}

/* Whether fewer than `top` words are higher than the highest one that holds the cue. */
static int is_found(const json_t *words, const char *cue, const char *method, size_t top)
{
    double best = -1e300;
    size_t higher = 0, i;
    json_t *word;
    json_array_foreach(words, i, word)
    {
        int is_cue = holds(json_string_value(json_object_get(word, "text")), cue);
        if (is_cue && score_of(word, method) > best) best = score_of(word, method);
    }
    json_array_foreach(words, i, word) higher += score_of(word, method) > best;
    return best > 0 && higher < top;
}

static const json_t *output_of(const json_t *explanation, const char *name, size_t length)
{
    size_t i;
    json_t *output;
    json_array_foreach(json_object_get(explanation, "outputs"), i, output)
    {
        const char *is = json_string_value(json_object_get(output, "name"));
        if (is && strlen(is) == length && memcmp(is, name, length) == 0) return output;
    }
    return NULL;
}

typedef struct tally {
    int found, all;
} tally;

static tally count(const json_t *document, const char *pair, const char *method, size_t top)
{
    tally t = {0, 0};
    const char *cue = strchr(pair, '=') + 1;
    size_t i, length = (size_t)(cue - pair) - 1;
    json_t *explanation;
    json_array_foreach(json_object_get(document, "explanations"), i, explanation)
    {
        const char *text = json_string_value(json_object_get(explanation, "text"));
        const json_t *output = output_of(explanation, pair, length);
        if (!text || !output || !holds(text, cue)) continue;
        int found = is_found(json_object_get(output, "words"), cue, method, top);
        if (!found) printf("%s is not in the first %zu of: %s\n", cue, top, text);
        t.found += found;
        t.all++;
    }
    printf("%s: %d of %d\n", cue, t.found, t.all);
    return t;
}

int main(int argc, char **argv)
{
    json_error_t error;
    tally sum = {0, 0};
    if (argc < 6) return 2;
    json_t *document = json_load_file(argv[1], 0, &error);
    if (!document) {
        fprintf(stderr, "%s: %s\n", argv[1], error.text);
        return 2;
    }
    for (int i = 5; i < argc; i++) {
        if (!strchr(argv[i], '=')) return 2;
        tally t = count(document, argv[i], argv[2], (size_t)atoi(argv[3]));
        sum.found += t.found;
        sum.all += t.all;
    }
    json_decref(document);
    printf("%d of %d texts that hold a cue\n", sum.found, sum.all);
    return sum.all > 0 && sum.found >= atof(argv[4]) * sum.all ? 0 : 1;
}
