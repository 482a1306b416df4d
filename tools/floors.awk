# SPDX-License-Identifier: MIT
# awk -f tools/floors.awk FILE...: each floor of src/ may include itself and the floors below it;
# the command sees heed/ only. Prints "FILE:LINE: what is wrong" for each breach; exit 1 if any.

BEGIN {
    # One floor a row, lowest first; those in one row do not see each other.
    rows = split("base|cpu tensor|kernels|attention|autograd|ops|nn optim|io|data|model|" \
                 "train explain|report|cli", row, "|")
    for (i = 1; i <= rows; i++) {
        count = split(row[i], names, " ")
        for (j = 1; j <= count; j++) rank[names[j]] = i
    }
    # The operator's floors know these public headers and no other: they are libheed-attention's.
    count = split("status version real context tensor attention attention_batch " \
                  "attention_textbook", names, " ")
    for (i = 1; i <= count; i++) operator_header[names[i]] = 1
}

function breach(text) {
    printf "%s:%d: %s\n", FILENAME, FNR, text
    breaches++
}

FNR == 1 {
    path = FILENAME
    sub(/^\.\//, "", path)
    parts = split(path, part, "/")
    mine = part[1] == "cli" ? "cli" : part[2]
    if (!(mine in rank)) breach("'" mine "' is no floor (tools/floors.awk lists them)")
}

/^[ \t]*#[ \t]*include[ \t]*</ {
    if (rank[mine] < rank["io"] &&
        $0 ~ /<(jansson|csv|utf8proc|zlib|sentencepiece.*|cairo.*|pango.*)\.h>/)
        breach("only io and the floors above it use other libraries")
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
    name = $0
    sub(/^[^"]*"/, "", name)
    sub(/".*$/, "", name)
    if (name !~ /\//) next # beside the file
    split(name, target, "/")
    if (target[1] == "heed") {
        header = target[2]
        sub(/\.h$/, "", header)
        if (rank[mine] <= rank["attention"] && !(header in operator_header))
            breach("the operator's floors must not know " name)
        next
    }
    if (mine == "cli" && target[1] != "cli")
        breach("the command sees include/heed only, not " name)
    else if (!(target[1] in rank))
        breach(name " belongs to no floor")
    else if (target[1] != mine && rank[target[1]] >= rank[mine])
        breach("floor " mine " must not include " name)
}

END { exit breaches > 0 }
