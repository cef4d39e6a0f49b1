#!/usr/bin/env bash
# Simulates rooms that no checkpoint has seen, replays them, and judges comment lag and scores against the truth.
#
#   bench/rooms/run.sh [ROOMS [MINUTES [SEED]]]
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cd -- "$here/../.."
kairos=${KAIROS:-${CARGO_TARGET_DIR:-target}/release/kairos}
rooms=${1:-20} minutes=${2:-10} seed=${3:-202}
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

quietly() { "$@" >"$work/log" 2>&1 || { cat -- "$work/log" >&2; exit 1; }; }
quietly "$kairos" simulate --rooms "$rooms" --minutes "$minutes" --seed "$seed" --out "$work/rooms"
quietly "$kairos" replay "$work"/rooms/* --out "$work/out" --no-clips
ask() { "$kairos" sql --out "$work/out" --format tsv "$1"; }
ask "SELECT stream, media_us / 1e6, comment_lag_us / 1e6, lag_confidence FROM room_state ORDER BY stream, media_us" >"$work/lag.tsv"
ask "SELECT stream, media_us / 1e6, unit_us / 1e6, score FROM frame_scores ORDER BY stream, media_us" >"$work/scores.tsv"
ask "SELECT stream, media_us / 1e6 FROM comments WHERE media_us IS NOT NULL ORDER BY stream, media_us" >"$work/comments.tsv"
ask "SELECT stream, start_us / 1e6, end_us / 1e6 FROM highlights ORDER BY stream, start_us" >"$work/highlights.tsv"
# The same rooms as chats alone: what the model makes of a game and of viewers that its training chats don't have.
for room in "$work"/rooms/*; do
    [ -s "$room/comments.jsonl" ] || continue
    chat=$work/chats/${room##*/}
    mkdir -p -- "$chat"
    cp -- "$room/comments.jsonl" "$chat/"
    grep -v -e '^media' -e '^gifts' -e '^feedback' "$room/recording.toml" >"$chat/recording.toml"
done
quietly "$kairos" replay "$work"/chats/* --out "$work/chats-out" --no-clips
"$kairos" sql --out "$work/chats-out" --format tsv \
    "SELECT stream, media_us / 1e6, unit_us / 1e6, score FROM frame_scores ORDER BY stream, media_us" >"$work/chat-scores.tsv"
printf 'kairos simulate --rooms %s --minutes %s --seed %s, kairos replay\n\n' "$rooms" "$minutes" "$seed"
python3 "$here/judge.py" "$work"
