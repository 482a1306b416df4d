# SPDX-License-Identifier: MIT
# awk -f make.awk FOLDER: writes FOLDER/{train,valid,test}/{seq.in,seq.out,label}, the same bytes on
# every machine (no rand of awk's own). Requests to an assistant: templates with {slots}, which are
# filled with values of one word or several; the last values of a list are kept for test.

function next_number(below) { # a linear congruence, in numbers that any awk holds exactly
    state = (state * 16807) % 2147483647
    return int(state / 2147483647 * below)
}

function add(intent, text) { template[++templates] = text; intent_of[templates] = intent }
function values(slot, list) { count[slot] = split(list, parts, " *, *"); for (v in parts) value[slot, v] = parts[v] }

# Words of test are not those of train where a list is long enough.
function pick(slot, part,    n, kept) {
    n = count[slot]
    kept = n > 8 ? int(n / 4) : 0
    if (part == "test" && kept && next_number(2)) return value[slot, n - next_number(kept)]
    return value[slot, 1 + next_number(n - kept)]
}

function write(folder, part, rows,    i, k, w, n, words, text, tags, slot, filled, m, one) {
    system("mkdir -p " folder "/" part)
    for (i = 0; i < rows; i++) {
        k = 1 + next_number(templates)
        n = split(template[k], words, " ")
        text = tags = ""
        for (w = 1; w <= n; w++) {
            slot = words[w]
            if (slot !~ /^\{.*\}$/) { text = text " " slot; tags = tags " O"; continue }
            slot = substr(slot, 2, length(slot) - 2)
            m = split(pick(kind_of(slot), part), filled, " ")
            for (one = 1; one <= m; one++) {
                text = text " " filled[one]
                tags = tags " " (one > 1 ? "I-" : "B-") slot
            }
        }
        print substr(text, 2) > (folder "/" part "/seq.in")
        print substr(tags, 2) > (folder "/" part "/seq.out")
        print intent_of[k] > (folder "/" part "/label")
    }
}

# from and to are both towns: only the words around them tell.
function kind_of(slot) { return slot == "from" || slot == "to" || slot == "place" ? "town" : slot }

BEGIN {
    state = 20260
    values("town", "bergen, porto, turin, ghent, lyon, graz, aarhus, new haven, san remo, cork, krakow, cape town, tartu, split, bad ems, st gallen")
    values("day", "today, tomorrow, monday, friday, next sunday, this evening")
    values("time", "noon, seven, half past nine, eight in the morning, six thirty, midnight, a quarter to four, ten")
    values("artist", "the tin owls, mara lund, quiet harbour, los faros, ida brandt, the north line, velvet moss, otto and sons, paper kites club, juno reyes, red lantern, the slow mail")
    values("genre", "jazz, folk, salsa, piano music, blues, techno, old tango, choir music, swing")
    values("dish", "tea, rice, eggs, the bread, pasta, lentils, apple pie, soup, the roast")
    values("length", "ten minutes, an hour, forty seconds, half an hour, five minutes, two hours")
    values("number", "two, three, five, eight, a dozen")
    add("play_music", "play {artist}")
    add("play_music", "play some {genre} by {artist}")
    add("play_music", "i would like to hear {artist} {day}")
    add("play_music", "put on {genre} please")
    add("play_music", "can you play {genre} until {time}")
    add("set_timer", "set a timer for {length}")
    add("set_timer", "wake me at {time} {day}")
    add("set_timer", "start {length} for {dish}")
    add("set_timer", "remind me of {dish} in {length}")
    add("find_train", "when is the next train from {from} to {to}")
    add("find_train", "a ticket to {to} {day} please")
    add("find_train", "i have to be in {to} by {time} {day}")
    add("find_train", "trains leaving {from} after {time}")
    add("find_train", "from {from} to {to} {day} at {time}")
    add("get_weather", "what is the weather like in {place}")
    add("get_weather", "will it rain in {place} {day}")
    add("get_weather", "how cold is {place} at {time}")
    add("get_weather", "do i need a coat {day}")
    add("book_table", "a table for {number} in {place} {day}")
    add("book_table", "book us a table at {time} for {number}")
    add("book_table", "where in {place} can {number} of us eat {dish} {day}")
    folder = ARGV[1]
    write(folder, "train", 500)
    write(folder, "valid", 120)
    write(folder, "test", 200)
}
