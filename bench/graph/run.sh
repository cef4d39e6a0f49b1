#!/usr/bin/env bash
# Compares uniform neighbour sampling of kairos-graph with the CPU samplers of PyG and DGL: same edges, seeds, fan-outs, one thread, one
# run. PYTHON names an interpreter that has torch, and torch-sparse or pyg-lib with torch_geometric, or dgl; what is missing is left
# out and said. EDGES, USERS, STREAMERS and FAN_OUTS set the size. SCALE names a built example `scale`; otherwise it is built.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
scale=${SCALE:-}
if [ -z "$scale" ]; then
    (cd "$root" && cargo build --quiet --release -p kairos-graph --example scale)
    scale=${CARGO_TARGET_DIR:-$root/target}/release/examples/scale
fi
pairs=$(mktemp)
trap 'rm -f "$pairs"' EXIT
"$scale" dump "${EDGES:-2000000}" "${USERS:-300000}" "${STREAMERS:-100000}" "$pairs"
export OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 RAYON_NUM_THREADS=1
exec "${PYTHON:-python3}" -W ignore "$root/bench/graph/run.py" "$scale" "$pairs" "${FAN_OUTS:-10,10}"
