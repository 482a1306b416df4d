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
npy fortran "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }" 16
npy huge "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }" 16
