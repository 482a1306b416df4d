#!/bin/sh
# SPDX-License-Identifier: MIT
# heed train: what it writes, what it refuses, and that nothing but data, settings and seed decides
# the model.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/data.sh
. "$HEED_SOURCE/tests/cli/data.sh"

reviews 300 >data.tsv
reviews 80 2 >other.tsv

# ---- what it writes ----
heed train data.tsv -o model.heed
expect "a model is trained, and what was guessed is said" code=0 lines=1 \
    out='^model\.heed: accuracy [01]\.[0-9]+ on [0-9]+ validation rows, 3 members together' \
    err='first line is a header; text is column text .* label is column label' \
    err='2 classes \(neg [0-9]+, pos [0-9]+\)' file=model.heed file=model.heed.metrics.jsonl \
    no_file=model.heed.state
cp model.heed.metrics.jsonl stdout
expect "each validation leaves a line of figures" out='"gradient_norm":[0-9.]+,.*"memory":[0-9]{7,}' \
    out='"trace":\{"step":\[.*\],"loss":\[.*\],"gradient_norm":\[.*\],"lr":\[.*\]\}'
heed train data.tsv -o idle.heed --heads 5 --steps 3 --quiet
expect "a setting that the model does not listen to is named" code=0 \
    err='warning: encoder\.heads = 5 has no effect: encoder\.kind is none, not transformer'
heed train data.tsv -o idle.heed --encoder transformer --heads 2 --steps 3 --quiet
expect "and not where it does" code=0 no_err=.
heed train data.tsv -o quiet.heed --quiet
expect "quietly it says the result only" code=0 lines=1 no_err=. same=model.heed,quiet.heed
heed train data.tsv -o json.heed --json --valid other.tsv --quiet
expect "as data" code=0 out='"metric": "accuracy"' out='"valid_rows": 80' no_err=.
heed train data.tsv -o brief.heed --members 1 --steps 5 --quiet
expect "as many steps as asked for" code=0 out='at step [1-5]( |$)'
heed info brief.heed
expect "which the model tells" code=0 out='planned_steps +5$' out='rebuild .*--steps 5'
printf '{"encoder": {"kind": "gru", "dim": 8}, "train": {"epochs": 1}}' >gru.json
heed train data.tsv -o gru.heed -c gru.json --dim 12 --quiet
expect "settings come from a file" code=0
heed info gru.heed
expect "and flags win over it" code=0 out='kind +gru' out='dim +12'

# ---- the same data in other clothes ----
tail -n +2 data.tsv | sed 's/\(.*\)\t\(.*\)/__label__\1 \2/' >data.txt
awk -F '\t' '{print "\"" $1 "\",\"" $2 "\""}' data.tsv >data.csv
tail -n +2 data.tsv | awk -F '\t' '{print "{\"text\": \"" $2 "\", \"label\": \"" $1 "\"}"}' >data.jsonl
gzip -c data.tsv >data.tsv.gz
for file in data.txt data.csv data.jsonl data.tsv.gz; do
    heed train $file -o other.heed --quiet
    heed predict model.heed other.tsv --quiet
    cp stdout wanted
    heed predict other.heed other.tsv --quiet
    expect "$file gives the same model" code=0 same=stdout,wanted
done
"$HEED_COMMAND" train - -o pipe.heed --quiet <data.tsv >stdout 2>stderr
expect "so does standard input" code=0 same=pipe.heed,model.heed

# ---- what it refuses: one message, a code, nothing left behind ----
refused() { # NAME CODE REGEX ARGUMENT...
    refused_name=$1 refused_code=$2 refused_message=$3
    shift 3
    heed train "$@" -o no.heed
    expect "$refused_name" code="$refused_code" err="^heed train: .*$refused_message" \
        no_file=no.heed no_file=no.heed.state no_out=.
}
: >empty.tsv
head -c 3000 "$HEED_COMMAND" >binary
grep '^pos' data.tsv >one.tsv
printf 'label\ttext\npos\t\377\376\nneg\t\376\n' >latin.tsv
refused "a missing file is named" 4 'missing\.tsv: cannot be opened' missing.tsv
refused "an empty one too" 3 'empty\.tsv: is empty' empty.tsv
refused "a binary one" 5 'binary: .*no UTF-8 text' binary
refused "one label only" 3 "the same, 'pos'" one.tsv
refused "bytes that are not UTF-8" 3 'latin\.tsv:2: .*not UTF-8' latin.tsv \
    --text text --label label
printf 'label\ttext\npos\t\377\376\nneg\t\376\npos\t\375\n' >guess.tsv
refused "nor is another encoding taken for columns without labels" 3 \
    'guess\.tsv:2: .*not UTF-8' guess.tsv
refused "an unknown flag, and the nearest is named" 2 'nearest is --epochs' data.tsv --epoch 3
refused "an unknown short flag" 2 'there is no -z' data.tsv -z
refused "a word for a number" 2 '--lr fast: it must be a number' data.tsv --lr fast
refused "a number out of range" 2 '--valid-share 2: .*from 0\.001 to 0\.9' data.tsv --valid-share 2
refused "an unknown choice" 2 '--encoder bert: it must be none, gru' data.tsv --encoder bert
refused "a time that is none" 2 '--time soon: .*90s' data.tsv --time soon
refused "heads that do not divide" 2 'dim = 64 is not a multiple of heads = 3' data.tsv \
    --encoder transformer --heads 3
refused "a column that is not there" 2 "no column 'stars'; its columns are: label, text" data.tsv \
    --label stars
refused "a missing validation file" 4 'missing\.tsv' data.tsv --valid missing.tsv
refused "a missing configuration" 4 'missing\.json' data.tsv -c missing.json
printf '{"train": {"epoch": 3}}' >wrong.json
refused "an unknown setting, and the nearest is named" 2 'train\.epoch.*train\.epochs' data.tsv \
    -c wrong.json
printf '{' >wrong.json
refused "a configuration that is cut" 5 'wrong\.json:' data.tsv -c wrong.json
refused "nothing to resume" 2 'no\.heed\.state: .*no run to resume' data.tsv --resume
refused "a time beside steps" 2 'time and --steps both say how long' data.tsv --time 9s --steps 3
cp data.tsv mine.tsv
heed train mine.tsv -o ./mine.tsv
expect "the data is not written over" code=2 err='mine\.tsv is also read' same=mine.tsv,data.tsv
heed train data.tsv --valid mine.tsv -o mine.tsv
expect "nor the validation data" code=2 err='mine\.tsv is also read' same=mine.tsv,data.tsv
heed train data.tsv
expect "without a place for the model" code=2 err='--output FILE'
heed train
expect "without data" code=2 err='nothing to train on; name a file'
# Pairs of texts: what goes together.
cut -f 2 data.tsv >a.txt
cp a.txt b.txt
refused "one side alone" 2 'source a\.txt: its other side is missing; name it with --target' \
    --source a.txt
refused "the other alone" 2 'target b\.txt: its other side is missing; name it with --source' \
    --target b.txt
refused "rows beside lines" 2 'data\.tsv: files of rows and --source do not go together' data.tsv \
    --source a.txt --target b.txt
refused "two files beside one" 2 '2 files of --source and 1 of --target' --source a.txt \
    --source b.txt --target b.txt
refused "rows to validate pairs on" 2 'valid data\.tsv: .*use --valid-source' --source a.txt \
    --target b.txt --valid data.tsv
refused "pairs to validate rows on" 2 'valid-source a\.txt: it goes with --source' data.tsv \
    --valid-source a.txt --valid-target b.txt
refused "one side to validate on" 2 'valid-target b\.txt: its other side' --source a.txt \
    --target b.txt --valid-target b.txt
refused "columns of lines" 2 'text 2: it is for files of rows' --source a.txt --target b.txt --text 2
refused "pairs for another task" 2 'task class: --source and --target are pairs' --source a.txt \
    --target b.txt --task class
refused "links without pairs" 2 'guide links: links belong to pairs' data.tsv --guide links
refused "a size that is none" 2 'memory 2X: .*such as 512M or 2G' data.tsv --memory 2X
heed train --source a.txt --target b.txt -o b.txt
expect "the other side is not written over" code=2 err='b\.txt is also read' same=a.txt,b.txt
heed train data.tsv -o nowhere/model.heed
expect "an output that cannot be written, before anything is read" code=4 no_err='header|tokenizer' \
    err='nowhere/model\.heed.* No such file'
mkdir folder
heed train data.tsv -o folder
expect "an output that is a folder" code=4 err='folder: is a folder' no_file=folder.state \
    no_err='header'
chmod a-w folder
if [ ! -w folder ]; then # a superuser may write anywhere
    heed train data.tsv -o folder/model.heed
    expect "an output in a folder that is not one's own" code=4 no_err='header' \
        err='folder/model\.heed: cannot be written: Permission denied'
fi
chmod u+w folder
heed train data.tsv -o folder/model.heed --valid missing.tsv
check "trying leaves nothing behind" rmdir folder
heed train data.tsv -o model.heed --resume
expect "a finished training is not resumed" code=2 err='finished.* without --resume'
cp model.heed kept.heed
code=0
last="heed train with files of at most 4 KiB"
(
    trap '' XFSZ
    ulimit -f 8
    exec "$HEED_COMMAND" train data.tsv -o kept.heed
) >stdout 2>stderr || code=$?
expect "a full disk keeps what was there" code=4 err='cannot be written' same=kept.heed,model.heed

# ---- the same bytes, whatever the machine does ----
settings="--encoder transformer --dim 16 --heads 2 --epochs 2 --quiet"
# shellcheck disable=SC2086 # words
heed train data.tsv -o one.heed --threads 1 $settings
for threads in 2 5; do
    # shellcheck disable=SC2086 # words
    heed train data.tsv -o more.heed --threads $threads $settings
    expect "$threads threads give the bytes of one" code=0 same=one.heed,more.heed
done
for level in scalar avx2; do
    # shellcheck disable=SC2086 # words
    HEED_CPU=$level heed train data.tsv -o more.heed $settings
    expect "HEED_CPU=$level gives them too" code=0 same=one.heed,more.heed
done
# shellcheck disable=SC2086 # words
heed train data.tsv -o more.heed $settings --seed 2
expect "another seed gives others" code=0 differ=one.heed,more.heed

# ---- interrupted ----
settings="--encoder transformer --dim 32 --layers 2 --epochs 8 --patience 0 --validate-every 10 --quiet"
reviews 600 3 >long.tsv
# shellcheck disable=SC2086 # words
heed train long.tsv -o whole.heed $settings

# interrupted SIGNAL: starts the same training, sends the signal once a state to resume from is there. Before, others
# try to train the same model.
interrupted() {
    rm -f cut.heed*
    # shellcheck disable=SC2086 # words
    "$HEED_COMMAND" train long.tsv -o cut.heed $settings >stdout 2>stderr &
    process=$!
    tries=0
    while [ ! -s cut.heed.state ] && [ $tries -lt 600 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    for more in "" --resume; do
        code=0
        # shellcheck disable=SC2086 # words
        "$HEED_COMMAND" train long.tsv -o cut.heed $settings $more >second 2>&1 || code=$?
        check "one model, one training${more:+ with $more}" test "$code" = 4
        check "which is said" grep -q 'cut.heed: another training is writing this model' second
    done
    kill "-$1" $process
    code=0
    wait $process || code=$?
    last="heed train, sent $1"
}
interrupted INT
expect "Ctrl-C saves and stops" code=9 err='stopped at step [0-9]+ of [0-9]+; --resume' file=cut.heed \
    file=cut.heed.state
heed predict cut.heed other.tsv --quiet
expect "what it saved predicts" code=0 lines=80
# shellcheck disable=SC2086 # words
heed train long.tsv -o cut.heed $settings --resume --threads 1
expect "--resume ends with the bytes of a whole run" code=0 same=cut.heed,whole.heed \
    no_file=cut.heed.state
for try in 1 2; do
    interrupted KILL
    cp cut.heed.state state
    # shellcheck disable=SC2086 # words
    heed train long.tsv -o cut.heed $settings --resume
    expect "so it does after kill -9, time $try" code=0 same=cut.heed,whole.heed
done
cp state cut.heed.state
# shellcheck disable=SC2086 # words
heed train data.tsv -o cut.heed $settings --resume
expect "other data is not resumed" code=2 err='cut\.heed\.state: belongs to other data' same=cut.heed,whole.heed
# shellcheck disable=SC2086 # words
heed train long.tsv -o cut.heed $settings --resume --dim 16
expect "nor are other settings" code=2 err='cut\.heed\.state: belongs to another conf' \
    same=cut.heed,whole.heed
head -c 5000 state >cut.heed.state
# shellcheck disable=SC2086 # words
heed train long.tsv -o cut.heed $settings --resume
expect "nor a state that is cut" code=5 err='cut\.heed\.state' same=cut.heed,whole.heed
finish
