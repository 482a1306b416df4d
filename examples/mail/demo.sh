#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The e-mail demo: learns to sort short messages, English and Chinese, by topic and by priority; measures
# itself on messages made of templates it has never seen; and shows which words decided.
#
# usage: examples/mail/demo.sh [FOLDER]     what it makes lies in FOLDER (build/demo)
# HEED names the command; ./dev demo builds it first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
heed=${HEED:-build/heed}
folder=${1:-build/demo}
data=examples/mail
mkdir -p "$folder"

show() {
    printf '\n$ heed %s\n' "$*"
    "$heed" "$@"
}

show train $data/train.tsv -o "$folder/mail.heed" --text subject,body --label topic,priority
show eval "$folder/mail.heed" $data/test.tsv

# Three held-out messages: an urgent one and a meeting in English, an urgent one in Chinese.
awk -F '\t' '
    NR == 1 { print; next }
    !english && $4 == "urgent" && $5 == "en" { english = 1; print; next }
    !meeting && $3 == "meeting" && $5 == "en" { meeting = 1; print; next }
    !chinese && $4 == "urgent" && $5 == "zh" { chinese = 1; print }
' $data/test.tsv >"$folder/three.tsv"
show explain "$folder/mail.heed" "$folder/three.tsv" --html "$folder/mail.html" \
    --png "$folder/mail.png"

printf '\nThe model is %s; its explanations are also in %s and %s\n' \
    "$folder/mail.heed" "$folder/mail.html" "$folder/mail.png"
