#!/bin/bash
# about: the rules of style that a program can check
# order: 22
# in: quick ci
# build: none
# repair: the lines named above; the rules are in test/check-style.awk
exec sh "$LCS_SRC/test/check-style.sh"
