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

# Three held-out messages, the first of each kind: something broken, a meeting in Chinese, a bill.
awk -F '\t' '
    NR == 1 { print }
    !broken && $3 == "support" && $4 == "urgent" && $5 == "en" { broken = 1; print }
    !meeting && $3 == "meeting" && $4 == "urgent" && $5 == "zh" { meeting = 1; print }
    !bill && $3 == "invoice" && $4 == "low" && $5 == "en" { bill = 1; print }
' $data/test.tsv >"$folder/three.tsv"
pictures=(--html "$folder/mail.html")
if "$heed" info | grep -Eq '^ *cairo +[0-9]'; then pictures+=(--png "$folder/mail.png"); fi
show explain "$folder/mail.heed" "$folder/three.tsv" "${pictures[@]}"

printf '\nThe model is %s; the explanations are also in %s\n' "$folder/mail.heed" "$folder/mail.*"
