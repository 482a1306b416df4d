# SPDX-License-Identifier: MIT
# awk -f tools/undocumented.awk HEADER...: names each HEED_API declaration without a /** comment
# right above it; exit 1 if any.

FNR == 1 { ready = inside = 0 }
/^[ \t]*\/\*\*/ { inside = 1 }
inside {
    if (/\*\//) {
        inside = 0
        ready = 1
    }
    next
}
/^[ \t]*HEED_API/ && !ready {
    printf "%s:%d: no documentation above: %s\n", FILENAME, FNR, $0
    missing++
}
/^[ \t]*$/ { ready = 0 } # one comment may stand above a group without blank lines
END { exit missing > 0 }
