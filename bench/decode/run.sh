#!/bin/sh
# Compares kairos-decode with the ffmpeg command line on 20 s of generated 720p30 H.264 + AAC, and on every
# file given (which must hold pictures and sound). RUNS sets the repetitions, 5 by default.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ffmpeg -nostdin -v error -f lavfi -i testsrc2=size=1280x720:rate=30:duration=20 \
    -f lavfi -i "sine=frequency=440:sample_rate=48000:duration=20" \
    -vf noise=alls=8:allf=t -c:v libx264 -preset veryfast -g 60 -pix_fmt yuv420p -c:a aac -b:a 128k \
    "$work/generated-720p30.mp4"
(cd "$root" && cargo build --quiet --release -p kairos-decode --example decode_bench)
python3 "$root/bench/decode/run.py" \
    "${CARGO_TARGET_DIR:-$root/target}/release/examples/decode_bench" "$work/generated-720p30.mp4" "$@"
