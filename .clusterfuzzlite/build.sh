#!/bin/bash -eu
exec bash "$SRC/kmipspec/fuzz/build.sh"
