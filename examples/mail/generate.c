/* SPDX-License-Identifier: MIT */
/* generate: writes train.tsv and test.tsv, the e-mails of heed's demo, from
 * templates.en.txt and templates.zh.txt.
 *
 *     cc -std=c11 -O1 -o generate generate.c && ./generate . .
 *
 * The same templates and seed give the same bytes everywhere. README.md in
 * this folder describes the template files.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum {
    MAX_FILE = 1 << 18,
    MAX_SECTIONS = 160,
    MAX_LINES = 64,      /* fillers in one section */
    MAX_TEMPLATES = 400, /* of one language, both splits */
    MAX_TEXT = 4096,     /* bytes of one expanded subject or body */
    MAX_DEPTH = 8,
    MAX_ROWS = 4096,
};

static const char *const topics[] = {"meeting", "invoice", "newsletter",
                                     "support", "travel",  "hiring"};
static const char *const priorities[] = {"urgent", "normal", "low"};
static const char *const languages[] = {"en", "zh"};
static const struct {
    const char *name;
    size_t rows; /* a multiple of languages x topics keeps both in balance */
} splits[] = {{"train", 1080}, {"test", 300}};

typedef struct {
    const char *name;
    const char *line[MAX_LINES];
    size_t lines;
} section;

typedef struct {
    const char *topic, *priority, *split; /* priority "any": every one in turn */
    const char *subject, *body;
} mail_template;

typedef struct {
    section section[MAX_SECTIONS];
    size_t sections;
    mail_template mail[MAX_TEMPLATES];
    size_t mails;
} language_pack;

/* One message while it is being written. */
typedef struct {
    const language_pack *pack;
    const mail_template *mail;
    const char *priority;
    uint64_t seed, id;
} message;

static _Noreturn void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("generate: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* A number that depends on its three arguments alone, so that no draw moves another. */
static uint64_t draw(uint64_t seed, uint64_t id, uint64_t what)
{
    return mix(mix(mix(seed) ^ id) ^ what);
}

static uint64_t hash(const char *text)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *text; text++) h = (h ^ (unsigned char)*text) * 0x100000001b3u;
    return h;
}

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file) die("%s: cannot be opened", path);
    char *text = calloc(MAX_FILE + 1, 1);
    if (!text) die("out of memory");
    size_t size = fread(text, 1, MAX_FILE, file);
    if (ferror(file) || size == MAX_FILE) die("%s: cannot be read, or too long", path);
    fclose(file);
    return text;
}

/* The entry of `list` that equals `word`, or NULL. */
static const char *one_of(const char *const *list, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], word) == 0) return list[i];
    return NULL;
}

/* "@topic priority split" fills the head of a template; false where a word is unknown. */
static int parse_head(const char *head, mail_template *mail)
{
    char topic[32], priority[32], split[32];
    if (sscanf(head, "@%31s %31s %31s", topic, priority, split) != 3) return 0;
    mail->topic = one_of(topics, COUNT(topics), topic);
    mail->priority =
        strcmp(priority, "any") == 0 ? "any" : one_of(priorities, COUNT(priorities), priority);
    mail->split = NULL;
    for (size_t s = 0; s < COUNT(splits); s++)
        if (strcmp(splits[s].name, split) == 0) mail->split = splits[s].name;
    return mail->topic && mail->priority && mail->split;
}

static void add_template(language_pack *pack, mail_template head, char *line, const char *where)
{
    char *bar = strstr(line, " | ");
    if (!bar || pack->mails == MAX_TEMPLATES) die("%s: no ' | ', or too many templates", where);
    *bar = '\0';
    head.subject = line;
    head.body = bar + 3;
    pack->mail[pack->mails++] = head;
}

static void read_pack(const char *path, language_pack *pack)
{
    char *next = read_whole(path); /* kept for the life of the program: the pack points into it */
    mail_template head = {0};
    section *open = NULL;
    for (int number = 1; *next; number++) {
        char where[1100], *line = next, *end = strchr(line, '\n');
        snprintf(where, sizeof where, "%s:%d", path, number);
        next = end ? end + 1 : line + strlen(line);
        if (end) *end = '\0';
        if (strpbrk(line, "\t\r")) die("%s: tab or carriage return", where);
        if (*line == '\0' || *line == ';') continue;
        if (*line == '@') {
            open = NULL;
            if (!parse_head(line, &head)) die("%s: bad head '%s'", where, line);
        } else if (*line == '=') {
            if (pack->sections == MAX_SECTIONS) die("%s: too many sections", where);
            open = &pack->section[pack->sections++];
            open->name = line + 1;
        } else if (open) {
            if (open->lines == MAX_LINES) die("%s: too many fillers", where);
            open->line[open->lines++] = strcmp(line, "-") == 0 ? "" : line;
        } else {
            if (!head.topic) die("%s: text before the first section", where);
            add_template(pack, head, line, where);
        }
    }
}

/* The section for a slot: the most particular one there is for this message. */
static const section *find_section(const message *m, const char *slot)
{
    const char *t = m->mail->topic, *p = m->priority, *s = m->mail->split;
    char names[7][128];
    snprintf(names[0], sizeof names[0], "%s.%s.%s.%s", slot, t, p, s);
    snprintf(names[1], sizeof names[1], "%s.%s.%s", slot, t, p);
    snprintf(names[2], sizeof names[2], "%s.%s.%s", slot, p, s);
    snprintf(names[3], sizeof names[3], "%s.%s", slot, p);
    snprintf(names[4], sizeof names[4], "%s.%s", slot, t);
    snprintf(names[5], sizeof names[5], "%s.%s", slot, s);
    snprintf(names[6], sizeof names[6], "%s", slot);
    for (size_t n = 0; n < COUNT(names); n++)
        for (size_t i = 0; i < m->pack->sections; i++)
            if (strcmp(m->pack->section[i].name, names[n]) == 0) return &m->pack->section[i];
    die("%s: no section '%s'", m->mail->subject, slot);
}

/* Appends `text` to `out`, slots filled. A slot has one value throughout a message. */
static void expand(const message *m, const char *text, uint64_t key, int depth, char *out)
{
    size_t used = strlen(out);
    for (const char *c = text; *c; c++) {
        if (used + 2 > MAX_TEXT || depth > MAX_DEPTH) die("%s: too long or too deep", text);
        if (*c == '{') {
            char slot[64];
            size_t n = strcspn(c, "}");
            if (c[n] == '\0' || n > sizeof slot) die("%s: bad slot", text);
            memcpy(slot, c + 1, n - 1);
            slot[n - 1] = '\0';
            c += n;
            uint64_t what = hash(slot);
            if (strcmp(slot, "text") == 0) {
                expand(m, m->mail->body, what, depth + 1, out);
            } else {
                const section *s = find_section(m, slot);
                if (s->lines == 0) die("section '%s' is empty", s->name);
                expand(m, s->line[draw(m->seed, m->id, what) % s->lines], what, depth + 1, out);
            }
            used = strlen(out);
        } else if (*c != ' ' || (used && out[used - 1] != ' ')) { /* empty fillers: no gap */
            uint64_t digit = draw(m->seed, m->id, key + (uint64_t)(c - text) + 1) % 9;
            out[used++] = *c == '#' ? (char)('1' + digit) : *c;
            out[used] = '\0';
        }
    }
}

/* A filler such as "the new website" may have come to the head of a sentence. */
static void capitalise(char *text)
{
    for (char *c = text; *c; c++) {
        int head = c == text || (c - text > 1 && c[-1] == ' ' && strchr(".?!", c[-2]));
        if (head && *c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
    }
}

/* Row i of a split: languages and topics take turns, then templates, then priorities. */
static void write_row(FILE *file, const language_pack *packs, size_t split, size_t i, uint64_t seed)
{
    size_t language = i % COUNT(languages);
    size_t topic = i / COUNT(languages) % COUNT(topics);
    size_t turn = i / COUNT(languages) / COUNT(topics);
    const language_pack *pack = &packs[language];
    const mail_template *fit[MAX_TEMPLATES];
    size_t fits = 0;
    for (size_t t = 0; t < pack->mails; t++)
        if (pack->mail[t].topic == topics[topic] && pack->mail[t].split == splits[split].name)
            fit[fits++] = &pack->mail[t];
    if (!fits)
        die("%s: no %s template in %s", topics[topic], splits[split].name, languages[language]);
    size_t pick = turn % fits;
    message m = {.pack = pack, .mail = fit[pick], .seed = seed, .id = (uint64_t)split << 32 | i};
    m.priority = m.mail->priority;
    if (strcmp(m.priority, "any") == 0)
        m.priority = priorities[(turn / fits + pick) % COUNT(priorities)];
    char subject[MAX_TEXT + 1] = "", body[MAX_TEXT + 1] = "";
    expand(&m, m.mail->subject, hash("subject"), 0, subject);
    expand(&m, "{frame}", 0, 0, body);
    capitalise(subject);
    capitalise(body);
    fprintf(file, "%s\t%s\t%s\t%s\t%s\n", subject, body, topics[topic], m.priority,
            languages[language]);
}

static void write_split(const char *folder, const language_pack *packs, size_t split, uint64_t seed)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.tsv", folder, splits[split].name);
    FILE *file = fopen(path, "wb");
    if (!file) die("%s: cannot be written", path);
    size_t order[MAX_ROWS], rows = splits[split].rows;
    for (size_t i = 0; i < rows; i++) { /* a shuffle, so that the head of a file shows a mixture */
        size_t j = draw(seed, split, i) % (i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    fputs("subject\tbody\ttopic\tpriority\tlanguage\n", file);
    for (size_t i = 0; i < rows; i++) write_row(file, packs, split, order[i], seed);
    int bad = ferror(file);
    if (fclose(file) != 0 || bad) die("%s: could not be written whole", path);
}

int main(int argc, char **argv)
{
    static language_pack packs[COUNT(languages)];
    if (argc < 3 || argc > 4) die("usage: generate TEMPLATE_FOLDER OUTPUT_FOLDER [SEED]");
    uint64_t seed = argc == 4 ? strtoull(argv[3], NULL, 10) : 1;
    for (size_t l = 0; l < COUNT(languages); l++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/templates.%s.txt", argv[1], languages[l]);
        read_pack(path, &packs[l]);
    }
    for (size_t s = 0; s < COUNT(splits); s++) write_split(argv[2], packs, s, seed);
    return 0;
}
