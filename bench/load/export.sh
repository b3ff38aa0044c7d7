#!/bin/sh
# Writes the built-in table (columns time, load, temperature; 35,064 rows) as CSV.
# gyeol clean finds nothing to change in it, so what comes out is what the ladder reads.
#   sh bench/load/export.sh load.csv
set -eu
exec "${GYEOL:-target/release/gyeol}" clean builtin:power-load -o "${1:-load.csv}"
