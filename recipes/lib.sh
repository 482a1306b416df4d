# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# What the recipes share: sourced by each, never run.
#
# From the environment:
#   HEED   the command (heed on the path, else build/heed)
#   STEPS  train so many steps instead of what the recipe says; 20 is enough to see a recipe run through
#   TIME   train about this long instead (90s, 10m); STEPS wins
recipes=$(cd "$(dirname "$0")" && pwd)
if [ -z "${HEED:-}" ]; then
    HEED=heed
    command -v heed >/dev/null || HEED=$recipes/../build/heed
fi

stop() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

title() { printf '\n== %s\n' "$*"; }

# Shows a command and runs it.
show() {
    printf '\n$ heed %s\n' "$*"
    "$HEED" "$@"
}

# begin "$@": the folder with the data in $data, the one that is written to in $out.
begin() {
    name=$(basename "$0" .sh)
    case $# in
    1 | 2) ;;
    *) stop "usage: recipes/$name.sh DATA [OUT]; the head of the file says what it does" ;;
    esac
    data=$1
    out=${2:-build/recipes/$name}
    command -v "$HEED" >/dev/null || stop "no command $HEED; build it with ./dev build, or name it: HEED=/path/to/heed"
    [ -d "$data" ] || stop "$data is no folder; the first argument is the folder with the data"
    mkdir -p "$out"
}

# need FILE...: each is in the data folder.
need() {
    for file; do
        [ -f "$data/$file" ] || stop "$data/$file is missing; recipes/README.md says where the data comes from"
    done
}

# split_text FILE: the first 90 % of its bytes into train.txt, the rest into valid.txt.
split_text() {
    need "$1"
    bytes=$(($(wc -c <"$data/$1") * 9 / 10))
    head -c $bytes "$data/$1" >"$out/train.txt"
    tail -c +$((bytes + 1)) "$data/$1" >"$out/valid.txt"
}

# unpack FILE.gz NAME: into the folder that is written to.
unpack() { gzip -dc "$data/$1" >"$out/$2"; }

# budget TIME, or a number of steps: the options that say how long to train.
budget() {
    case ${STEPS:-${TIME:-$1}} in
    *[!0-9]*) echo "--time ${TIME:-$1}" ;;
    *) echo "--steps ${STEPS:-${TIME:-$1}}" ;;
    esac
}

# The number of steps that a model was trained for.
steps_of() { "$HEED" info "$1" | awk '$1 == "planned_steps" {print $2}'; }

# train MODEL OPTION...: goes on with a training that was interrupted; a model that is done is left as it is.
train() {
    model=$1
    shift
    if [ -e "$model.state" ]; then
        set -- "$@" --resume
    elif [ -e "$model" ]; then
        title "$model is there ($(steps_of "$model") steps) and is used; remove it to train it again"
        return
    fi
    show train "$@" -o "$model"
}
