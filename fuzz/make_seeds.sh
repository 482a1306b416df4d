#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes the binary seeds in fuzz/seeds again: small, valid files that fuzzing starts from. Inputs that
# once broke something are kept beside them.
cd "$(dirname "$0")/seeds" || exit 1
mkdir -p safetensors npy

# little_endian VALUE BYTES
little_endian() {
    value=$1 left=$2
    while [ "$left" -gt 0 ]; do
        # shellcheck disable=SC2059 # the format is the byte
        printf "\\$(printf '%03o' $((value % 256)))"
        value=$((value / 256)) left=$((left - 1))
    done
}

# safetensors NAME HEADER DATA_BYTES: the header is padded with blanks so that data begin aligned.
safetensors() {
    header=$2
    while [ $((${#header} % 8)) != 0 ]; do header="$header "; done
    {
        little_endian ${#header} 8
        printf '%s' "$header"
        little_endian 4660 "$3"
    } >"safetensors/$1"
}

safetensors empty '{}' 0
safetensors one '{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}' 24
safetensors kinds '{"__metadata__":{"format":"x","note":"\u7d27\u6025"},"b.weight":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"c":{"dtype":"U8","shape":[5],"data_offsets":[4,9]},"d":{"dtype":"I64","shape":[0,7],"data_offsets":[9,9]}}' 9
safetensors overlap '{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[4,12]}}' 12
safetensors huge '{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}' 8

# npy NAME HEADER DATA_BYTES: format 1.0, the header padded to a multiple of 64 in all.
npy() {
    header=$2
    while [ $(((${#header} + 11) % 64)) != 0 ]; do header="$header "; done
    {
        printf '\223NUMPY\001\000'
        little_endian $((${#header} + 1)) 2
        printf '%s\n' "$header"
        little_endian 4660 "$3"
    } >"npy/$1"
}

npy f4 "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" 24
npy i8 "{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }" 24
npy f8_scalar "{'descr': '<f8', 'fortran_order': False, 'shape': (), }" 8
npy u1_empty "{'descr': '|u1', 'fortran_order': False, 'shape': (0, 4), }" 0
npy f2 "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 2), }" 8
npy u2 "{'descr': '<u2', 'fortran_order': False, 'shape': (4,), }" 8
npy b1 "{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }" 3
npy fortran "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }" 16
npy huge "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }" 16

# The first byte picks the reader's options (fuzz_readers.c); the rest is the file.
mkdir -p readers tokenizer
printf '\000a good film\tpos\nthe worst\tneg\nso, so\tneg\n' >readers/tsv
printf '\000subject\tbody\ttext\tlabel\nhi\tthere\ta b\tx\n\nno\tyes\tc\ty\n' >readers/header
printf '\000label,text\r\nx,"a ""b"",\nc"\r\ny,d\r\n' >readers/csv
printf '\000label;text\nx;a, b\ny;d, e\n' >readers/semicolons
printf '\000{"text":"a \\u00e9","label":["x","y"],"o":{"k":[1,"}"]}}\n{"text":"b","label":7}\n' >readers/jsonl
printf '\000__label__x __label__y a b\n__label__z c\n' >readers/fasttext
printf '\300Well, I liked it\n\nno\n' >readers/lines
printf '\360subject\tbody\nhi\tthere\n' >readers/hints
printf '\014a dog\tein Hund\tby Kim\nThe end.\tDas|Ende.\tby Lee\n' >readers/pairs
printf '\014{"src":"a","tgt":"b|c"}\n{"src":"d","tgt":["e"]}\n' >readers/pairs_jsonl
printf '\022To be\r\nor not\n\n  to be' >readers/running
{
    printf '\000'
    printf 'one film\tpos\ntwo films\tneg\n' | gzip -n
} >readers/gzip

# number VALUE; text BYTES: as src/data/blob.c writes them.
number() { little_endian "$1" 8; }
text() {
    number ${#1}
    printf '%s' "$1"
}
# tokenizer NAME KIND NGRAMS [SPACING [CHARACTERS]]: a vocabulary of five, one pair when NGRAMS is 2,
# scores for subwords; with spacing, what version 2 has: a token that touches what is before it, and one
# pair; with characters, what version 3 has: one n-gram of them.
tokenizer() {
    version=1 settings=8
    if [ "$4" ]; then version=2 settings=9; fi
    if [ "$5" ]; then version=3 settings=11; fi
    {
        printf 'heedtok\000'
        number "$version"
        text "$2"
        number "$settings"
        text lower && number 1
        text min_count && number 1
        text max_vocabulary && number 100
        text ngrams && number "$3"
        text ngram_min_count && number 2
        text ngram_max_vocabulary && number 100
        text start && number 1
        text max_length && number 64
        [ "$4" ] && text spacing && number "$4"
        [ "$5" ] && text characters && number "$5" && text characters_from && number 2
        number 5
        for token in '<unk>' '<cls>' the film a; do text "$token"; done
        if [ "$3" = 2 ]; then
            number 1
            little_endian 3 4
            little_endian 2 4
            for count in 0 0 4 3 2 2; do number "$count"; done
        else
            number 0
        fi
        [ "$5" ] && number 1 && number 4611686018427387911
        case $2$4 in words[12]) number 196608 && number 1 && little_endian 3 4 && little_endian 2 4 ;; esac
        case $2 in bpe | unigram) for _ in 1 2 3 4 5; do number 0; done ;; esac
    } >"tokenizer/$1"
}
tokenizer words words 2
tokenizer characters characters 1
tokenizer bpe bpe 1
tokenizer unigram unigram 1
tokenizer words_spacing words 1 1
tokenizer characters_spacing characters 1 2
tokenizer bpe_spacing bpe 1 2
tokenizer words_characters words 2 0 4
printf "Isn't it 3.5? e\314\201\342\200\215 \344\274\232\350\256\256" >tokenizer/text

# The first byte picks format, sides and the number of pairs (fuzz_links.c).
mkdir -p links
printf '\0000-0 1-2 2p1\n\n3-3\n' >links/pharaoh
printf '\0551-1 2-3\n1p1\n' >links/reversed
printf '\0110001 1 1 S\n0003 2 1 P\n0001 2 0\n' >links/gold

# A hypothesis, then references.
mkdir -p metrics
printf 'He paid 1,000.5 for it...\nHe paid 1,000.50 (for it).\nPaid, he &quot;did&quot;\n' >metrics/english
printf '\346\210\221\344\273\254\357\274\214iPhone 15!\n\346\210\221\360\237\230\200\n' >metrics/chinese
printf '\316\243\316\221\316\243. \304\260I\342\200\250x\343\200\200-\n\317\203\316\261\317\202\n' >metrics/letters
