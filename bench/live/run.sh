#!/usr/bin/env bash
# From a sender's picture to its row: rooms pushed by RTMP, captured, through Kafka, scored, seen in ClickHouse.
#
#   bench/live/run.sh [ROOMS [SECONDS]]
#
# With COMING_AND_GOING=1 rooms end and come back, every second room is a simulated recording with comments and gifts sent
# to the topics at its own pace, and gifts are predicted and clips cut as well.
# Everything runs on this machine, the senders (ffmpeg, stream copy of one encoded file) and the broker included.
# LATEST=20 names the twenty units whose rows came last. KAIROS and BROKER name binaries that are there already; SOURCE=FILE sends that recording (H.264 and AAC) instead of a generated one.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cd -- "$here/../.."
kairos=$(realpath "${KAIROS:-${CARGO_TARGET_DIR:-target}/release/kairos}")
rooms=${1:-8} seconds=${2:-60}
work=$(mktemp -d)
pids=()
end() {
    # What was measured is told; nothing here is to be kept, so nobody has to wait for anybody's tables.
    for pid in "${pids[@]}"; do pkill -KILL -P "$pid" || true; kill -KILL "$pid" || true; done 2>/dev/null
    wait 2>/dev/null || true
    rm -rf -- "$work"
}
trap end EXIT
# Below the ports that outgoing connections get.
free_port() { python3 -c 'import random, socket; s = socket.socket(); p = random.randrange(10000, 20000); s.bind(("127.0.0.1", p)); print(p)'; }

source=${SOURCE:-$work/source.mp4}
if [ -z "${SOURCE:-}" ]; then
    ffmpeg -v error -f lavfi -i "testsrc2=size=1280x720:rate=30:duration=20" -f lavfi -i "sine=frequency=440:duration=20" \
        -c:v libx264 -preset veryfast -tune zerolatency -b:v 2500k -g 30 -c:a aac "$source"
fi
mkfifo "$work/hold"
broker=${BROKER:-${CARGO_TARGET_DIR:-target}/debug/examples/broker}
[ -n "${BROKER:-}" ] || scripts/in-toolchain.sh cargo build --quiet --locked -p kairos-kafka --features test-broker --example broker
"$broker" <"$work/hold" >"$work/broker" &
pids+=($!)
exec 9>"$work/hold"
until [ -s "$work/broker" ]; do sleep 0.1; done
clickhouse=$(free_port) listen=$(free_port)
export KAIROS_KAFKA__BROKERS=$(cat "$work/broker") KAIROS_CLICKHOUSE__URL=http://127.0.0.1:$clickhouse KAIROS_LOG=kairos=warn
env -u KAIROS_CLICKHOUSE__URL "$kairos" clickhouse --out "$work/out" --listen "127.0.0.1:$clickhouse" >/dev/null &
pids+=($!)
until curl -fs "http://127.0.0.1:$clickhouse/ping" >/dev/null; do sleep 0.1; done
"$kairos" score --out "$work/score" >"$work/score.log" 2>&1 &
jobs=("score=$!")
pids+=("$!")
"$kairos" ingest "rtmp-listen://127.0.0.1:$listen/live" >"$work/ingest.log" 2>&1 &
jobs+=("ingest=$!")
pids+=("$!")
if [ -n "${COMING_AND_GOING:-}" ]; then
    "$kairos" simulate --rooms "$(((rooms + 1) / 2))" --minutes 3 --out "$work/simulated" >/dev/null
    for job in gift clip; do
        "$kairos" "$job" --out "$work/$job" >"$work/$job.log" 2>&1 &
        jobs+=("$job=$!")
        pids+=("$!")
    done
fi
sleep 5
push() { # ROOM SECONDS
    exec ffmpeg -v error -re -stream_loop -1 -t "$2" -i "$source" -c copy -f flv "rtmp://127.0.0.1:$listen/live/room-$1" \
        </dev/null 2>>"$work/senders"
}
come_and_go() { # ROOM
    local until=$((SECONDS + seconds)) stay
    while [ "$SECONDS" -lt "$until" ]; do
        if (($1 % 2)); then
            "$kairos" replay --to-kafka --speed 1 --room "room-$1" "$work/simulated/room-$(printf %03d $(($1 / 2)))" >/dev/null
        else
            stay=$((60 + RANDOM % 120))
            (push "$1" "$stay") || true
        fi
        sleep $((RANDOM % 20))
    done
}
for ((room = 0; room < rooms; room++)); do
    if [ -n "${COMING_AND_GOING:-}" ]; then come_and_go "$room" & else push "$room" "$seconds" & fi
    pids+=($!)
done
printf 'rooms %s, %s s each, on %s cores\n' "$rooms" "$seconds" "$(nproc)"
python3 "$here/measure.py" "http://127.0.0.1:$clickhouse" "$seconds" "${jobs[@]}"
curl -fs "http://127.0.0.1:$clickhouse/?database=kairos" -H 'X-ClickHouse-User: default' --data-binary "SELECT 'streams', count() FROM streams
    UNION ALL SELECT 'units', count() FROM frame_scores UNION ALL SELECT 'highlights', count() FROM highlights
    UNION ALL SELECT 'clips', count() FROM clips UNION ALL SELECT 'gift predictions', count() FROM gift_predictions FORMAT TSV"
tail -qn 5 -- "$work"/*.log >&2
