# SPDX-License-Identifier: MIT
# usage: awk -f sentences.awk -v pairs=N [-v seed=1] -v name=PREFIX
# Writes N different sentences to PREFIX.de, PREFIX.en and PREFIX.zh, line i of one meaning line i of
# the others, and to PREFIX.links which German word belongs to which English one (0-0 1-2). The same
# bytes on every machine.
#
# German and English words that belong together carry the same number while a sentence is made.

function roll(n) {
    state = (state * 7141 + 54773) % 259200
    return 1 + int(state / 259200 * n)
}

function fill(table, text) { return split(text, table, ";") }

BEGIN {
    # German noun and gender, English, Chinese with its measure word; the first LIVING can do things.
    living = 9
    nouns = fill(noun, "Hund m dog 狗 只;Katze f cat 猫 只;Vogel m bird 鸟 只;Kind n child 孩子 个;" \
        "Frau f woman 女人 个;Mann m man 男人 个;Lehrer m teacher 老师 位;Mädchen n girl 女孩 个;" \
        "Schülerin f pupil 学生 个;Ball m ball 球 个;Blume f flower 花 朵;Buch n book 书 本;" \
        "Brief m letter 信 封;Apfel m apple 苹果 个;Tasche f bag 包 个;Haus n house 房子 座;" \
        "Baum m tree 树 棵;Bild n picture 画 幅")
    # German stem, English, Chinese of the living and of things; "-" = not said of them.
    adjectives = fill(adjective, "klein small 小 小;groß big 大 大;alt old 老 旧;neu new - 新;" \
        "jung young 年轻的 -;müd tired 疲倦的 -;freundlich friendly 友好的 -;rot red - 红;" \
        "schön beautiful 漂亮的 漂亮的")
    # infinitive, he, participle; English he, infinitive, participle; Chinese
    verbs = fill(verb, "sehen|sieht|gesehen|sees|see|seen|看见;" \
        "suchen|sucht|gesucht|looks for|look for|looked for|寻找;" \
        "finden|findet|gefunden|finds|find|found|找到;malen|malt|gemalt|paints|paint|painted|画;" \
        "vermissen|vermisst|vermisst|misses|miss|missed|想念;" \
        "beschreiben|beschreibt|beschrieben|describes|describe|described|描写;" \
        "fotografieren|fotografiert|fotografiert|photographs|photograph|photographed|拍摄;" \
        "bringen|bringt|gebracht|brings|bring|brought|带来")
    places = fill(place, "im#1 Garten#2|in#1 the#1 garden#2|在花园里;" \
        "im#1 Park#2|in#1 the#1 park#2|在公园里;" \
        "auf#1 der#3 Straße#2|on#1 the#3 street#2|在街上;in#1 der Schule#2|at#1 school#2|在学校里;" \
        "am#1 Fluss#2|by#1 the#1 river#2|在河边;zu#1 Hause#2|at#1 home#2|在家里")
    adverbs = fill(adverb, "heute|today|今天;jetzt|now|现在;oft|often|经常;morgens|in the morning|早上;" \
        "leider|unfortunately|可惜;vielleicht|perhaps|也许")
    state = seed ? seed : 1
    for (tries = 0; written < pairs && tries < 50 * pairs; tries++) make_sentence()
    if (written < pairs) exit 1
}

# Every word of a text gets a number.
function number(text, n) {
    gsub(/[^ ]+/, "&#" n, text)
    return text
}

# A noun phrase in three languages: de, en, zh. Its words are numbered n, n + 1 and n + 2.
function make_phrase(which, accusative, n,    part, word, gender, thing, definite, ending) {
    split(noun[which], part, " ")
    gender = part[2]
    thing = which > living
    definite = roll(2) == 1
    if (definite) {
        de = gender == "f" ? "die" : gender == "n" ? "das" : accusative ? "den" : "der"
        ending = gender == "m" && accusative ? "en" : "e"
    } else {
        de = gender == "f" ? "eine" : gender == "m" && accusative ? "einen" : "ein"
        ending = gender == "f" ? "e" : gender == "n" ? "es" : accusative ? "en" : "er"
    }
    en = ""
    zh = (definite ? "那" : "一") part[5]
    split(adjective[roll(adjectives)], word, " ")
    if (roll(5) > 2 && word[3 + thing] != "-") {
        de = number(de, n) " " number(word[1] ending, n + 1)
        en = number(word[2], n + 1) " "
        zh = zh word[3 + thing]
    } else {
        de = number(de, n)
    }
    de = de " " number(part[1], n + 2)
    en = en number(part[3], n + 2)
    en = number(definite ? "the" : en ~ /^[aeiou]/ ? "an" : "a", n) " " en
    zh = zh part[4]
}

function plain(text) {
    gsub(/#[0-9]+/, "", text)
    return text
}

# Words of one number, in the order of the English ones.
function links(german, english,    g, e, n, m, i, j, all) {
    n = split(german, g, " ")
    m = split(english, e, " ")
    for (j = 1; j <= m; j++)
        for (i = 1; i <= n; i++)
            if (index(g[i], "#") && substr(g[i], index(g[i], "#")) == substr(e[j], index(e[j], "#")))
                all = all (all ? " " : "") (i - 1) "-" (j - 1)
    return all
}

function make_sentence(    first, second, s, o, v, w, a, i, kind, german, english, chinese) {
    first = roll(living)
    do second = roll(nouns); while (second == first)
    make_phrase(first, 0, 10)
    s["de"] = de; s["en"] = en; s["zh"] = zh
    make_phrase(second, 1, 20)
    o["de"] = de; o["en"] = en; o["zh"] = zh
    split(verb[roll(verbs)], v, "|")
    split(place[roll(places)], w, "|")
    split(adverb[roll(adverbs)], a, "|")
    for (i = 1; i <= 6; i++) v[i] = number(v[i], 5)
    for (i = 1; i <= 2; i++) a[i] = number(a[i], 6)
    kind = roll(7)
    if (kind == 1) {
        german = s["de"] " " v[2] " " o["de"]
        english = s["en"] " " v[4] " " o["en"]
        chinese = s["zh"] v[7] o["zh"]
    } else if (kind == 2) {
        german = s["de"] " hat#7 " o["de"] " " v[3]
        english = s["en"] " has#7 " v[6] " " o["en"]
        chinese = s["zh"] v[7] "了" o["zh"]
    } else if (kind == 3) {
        german = a[1] " " v[2] " " s["de"] " " o["de"]
        english = a[2] " " s["en"] " " v[4] " " o["en"]
        chinese = a[3] s["zh"] v[7] o["zh"]
    } else if (kind == 4) {
        german = a[1] " hat#7 " s["de"] " " w[1] " " o["de"] " " v[3]
        english = a[2] " " s["en"] " has#7 " v[6] " " o["en"] " " w[2]
        chinese = a[3] s["zh"] w[3] v[7] "了" o["zh"]
    } else if (kind == 5) {
        german = s["de"] " " v[2] " " w[1] " " o["de"]
        english = s["en"] " " v[4] " " o["en"] " " w[2]
        chinese = s["zh"] w[3] v[7] o["zh"]
    } else if (kind == 6) {
        german = s["de"] " will#7 " o["de"] " " v[1]
        english = s["en"] " wants#7 to#7 " v[5] " " o["en"]
        chinese = s["zh"] "想" v[7] o["zh"]
    } else {
        german = v[2] " " s["de"] " " o["de"] " ?#8"
        english = "does#5 " s["en"] " " v[5] " " o["en"] " ?#8"
        chinese = s["zh"] v[7] o["zh"] "吗？"
    }
    if (seen[german]++) return
    written++
    print plain(german) >(name ".de")
    print plain(english) >(name ".en")
    print links(german, english) >(name ".links")
    print chinese >(name ".zh")
}
