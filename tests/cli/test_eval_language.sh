#!/bin/sh
# SPDX-License-Identifier: MIT
# heed eval of a language model: the loss of its training, and the same for any threads.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"
# shellcheck source=tests/cli/data.sh
. "$HEED_SOURCE/tests/cli/data.sh"

numbers
for i in 1 2 3 4 5 6; do sed "s/^/$i. /" numbers.zh; done >text.txt
head -n 80 numbers.zh >valid.txt
small="--task language --dim 16 --layers 1 --heads 2 --block 32 --steps 20 --quiet --report none"

# shellcheck disable=SC2086 # options
heed train text.txt --valid valid.txt --tokenizer characters -o m.heed $small
expect "a language model of characters" code=0
heed info m.heed --json
loss=$(sed -n 's/.*"valid_loss": *\([0-9.]*\).*/\1/p' stdout)
heed eval m.heed valid.txt --json
expect "its loss on the validation text is that of its training" code=0 \
    out="\"loss\": *$(printf '%.5s' "$loss")" out='"perplexity"' out='"token_accuracy"'
bytes=$(wc -c <valid.txt)
expect "bytes are those of the file" out="\"bytes\": *${bytes}[,}]?"
cp stdout wanted
heed eval m.heed valid.txt --json --threads 2
expect "the same for any number of threads" code=0 same=stdout,wanted
heed eval m.heed valid.txt
expect "for people" code=0 lines=2 out='perplexity of a token [0-9.]+ .* bits a character [0-9.]+ .* bits a byte'
bits() { sed -n 's/.*bits a '"$1"' \([0-9.]*\).*/\1/p' stdout; }
check "a Chinese character is more bytes than one, and so more bits" \
    awk -v c="$(bits character)" -v b="$(bits byte)" 'BEGIN { exit !(c > 2 * b && b > 0) }'
heed eval m.heed missing.txt
expect "a missing file" code=4 err='missing\.txt'
# shellcheck disable=SC2086 # options
heed train --source numbers.de --target numbers.en -o t.heed $small_writer --steps 2 --quiet --report none
heed eval t.heed numbers.de
expect "a translator is refused" code=2 err='heed metric'
finish
