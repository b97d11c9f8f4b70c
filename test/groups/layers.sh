#!/bin/bash
# about: includes point to the left only
# order: 20
# in: quick ci
# build: none
# repair: move the declaration to a room further left, or pass a function in a table
exec sh "$LCS_SRC/test/check-layers.sh"
