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

show train $data/train.tsv -o "$folder/mail.heed" --text subject,body --label topic,priority --seed 1
show eval "$folder/mail.heed" $data/test.tsv

# Three held-out messages: an urgent one in English, an urgent one in Chinese, a newsletter.
awk -F '\t' '
    NR == 1 { header = $0; next }
    !english && $4 == "urgent" && $3 != "newsletter" && $2 ~ /urgent/ { english = $0; next }
    !chinese && $4 == "urgent" && $3 == "meeting" && $2 ~ /紧急/ { chinese = $0; next }
    !letter && $3 == "newsletter" && $4 == "low" && $1 ~ /^Newsletter/ { letter = $0 }
    END { printf "%s\n%s\n%s\n%s\n", header, english, chinese, letter }
' $data/test.tsv >"$folder/three.tsv"
pictures=(--html "$folder/mail.html")
if "$heed" info | grep -Eq '^ *cairo +[0-9]'; then pictures+=(--png "$folder/mail.png"); fi
show explain "$folder/mail.heed" "$folder/three.tsv" "${pictures[@]}"

printf '\nThe model is %s; the explanations are also in %s\n' "$folder/mail.heed" "$folder/mail.*"
