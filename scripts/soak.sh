#!/usr/bin/env bash
# A hundred kills of the scoring job, then an hour of rooms that come and go; the figures go into docs/soak.md.
#
#   KAIROS_ROUNDS=100 SOAK_ROOMS=16 SOAK_SECONDS=3600 make soak
set -euo pipefail
[ "$#" -eq 0 ] || { echo 'soak.sh takes no arguments; KAIROS_ROUNDS, SOAK_ROOMS and SOAK_SECONDS say how much' >&2; exit 2; }
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cd -- "$here/.."
rounds=${KAIROS_ROUNDS:-100} rooms=${SOAK_ROOMS:-16} seconds=${SOAK_SECONDS:-3600}
out=docs/soak.md
kills=$(KAIROS_AWAY_S=60 KAIROS_ROUNDS=$rounds scripts/in-toolchain.sh cargo test --locked -p kairos --test score_job -- killed away 2>&1 | grep "^test ")
lived=$(COMING_AND_GOING=1 bench/live/run.sh "$rooms" "$seconds")
{
    printf '# Soak\n\nWritten by `make soak`.\n\n'
    printf '%s kills (SIGKILL at other moments each time) of `kairos score`, and a minute without ClickHouse; rows compared with an\n' "$rounds"
    printf 'undisturbed replay:\n\n%s\n\n' "$(printf '%s\n' "$kills" | sed 's/^/    /')"
    printf '%s rooms that come and go for %s s (`bench/live/run.sh`):\n\n' "$rooms" "$seconds"
    printf '%s\n' "$lived" | sed 's/^/    /'
} >"$out"
cat -- "$out"
