#!/bin/sh
# Compares a training step of kairos-highlight with the same in PyTorch, side by side on 1 and on 2 threads, with and
# without the alignment loss. PYTHON names an interpreter that has torch; STEPS sets the steps of a run, ROUNDS the runs.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
(cd "$root" && cargo build --quiet --release -p kairos-highlight --example train_step)
exec "${PYTHON:-python3}" "$root/bench/train/run.py" \
    "${CARGO_TARGET_DIR:-$root/target}/release/examples/train_step"
