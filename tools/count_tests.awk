# SPDX-License-Identifier: MIT
# Counts tests in ctest's LastTest.log: every program speaks TAP ("ok 1 - name", "not ok 2 - name";
# "# SKIP" counts as neither). A program that fails, crashes or runs out of time without a "not ok"
# is one failure; so is one that passes without saying "ok" or "# SKIP". Prints: PASSED FAILED.

function close_program() {
    if (name == "") return
    if ((!good && !bad_here) || (good && !ok_here && !skip_here)) {
        failed++
        printf "%s: %s\n", name, good ? "ran no test" : "ended badly" > "/dev/stderr"
    }
    name = ""
}

/^[0-9]+\/[0-9]+ Testing: / {
    close_program()
    name = $3
    good = ok_here = bad_here = skip_here = 0
}
/^(not )?ok .*# SKIP/ { skip_here++; next }
/^ok / { passed++; ok_here++ }
/^not ok / { failed++; bad_here++ }
/^Test Passed\.$/ { good = 1 }
END {
    close_program()
    print passed + 0, failed + 0
    if (passed + failed == 0) exit 1
}
