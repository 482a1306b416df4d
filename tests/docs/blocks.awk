# SPDX-License-Identifier: MIT
# awk -v folder=DIR -f blocks.awk DOCUMENT: writes the runnable blocks of a document as
# DIR/LINE.sh (.c, .cpp), each with DIR/LINE.setup, the hidden lines in force at that place.
# Prints one line for each block: "run LINE LANGUAGE", "file LINE NAME", "skip LINE WHY" or
# "unmarked LINE".
#
#     <!-- run -->               the fenced block below is run
#     <!-- file: NAME -->        it is a file that later blocks include
#     <!-- not run: WHY -->      it is not, and why
#     <!-- run: setup            hidden shell lines, sourced before each later block,
#     ...
#     -->                        up to here

function write(name, text,    path) {
    path = folder "/" name
    printf "%s", text > path
    close(path)
}

hidden && /^-->/ { hidden = 0; next }
hidden { setup = setup $0 "\n"; next }
/^<!-- run: setup/ { hidden = 1; next }
/^<!-- run -->/ { marker = "run"; next }
/^<!-- file: .* -->/ {
    marker = "file"
    why = $3
    next
}
/^<!-- not run: .* -->/ {
    marker = "skip"
    why = $0
    sub(/^<!-- not run: /, "", why)
    sub(/ -->.*/, "", why)
    next
}

inside && /^```/ {
    inside = 0
    if (marker == "run") {
        write(start ".setup", setup)
        write(start "." language, block)
        printf "run %d %s\n", start, language
    } else if (marker == "file") {
        write(why, block)
        printf "file %d %s\n", start, why
    } else if (marker == "skip") printf "skip %d %s\n", start, why
    else if (language ~ /^(sh|c|cpp)$/) printf "unmarked %d\n", start
    marker = ""
    next
}
inside { block = block $0 "\n"; next }
/^```/ {
    inside = 1
    language = substr($0, 4)
    start = NR
    block = ""
    next
}
/[^ \t]/ { marker = "" }
END { if (inside || hidden) print "unmarked", NR }
