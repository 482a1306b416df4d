#!/bin/sh
# SPDX-License-Identifier: MIT
# What holds for the command as a whole.
# shellcheck source=tests/cli/lib.sh
. "$HEED_SOURCE/tests/cli/lib.sh"

heed --version
expect "it says its version" code=0 out='^heed [0-9]+\.[0-9]+\.[0-9]+'
finish
