#!/usr/bin/env bash
# An operator's drill: breaks one thing after the other under live jobs and prints what the page for operators says of it,
# after how long, and that it is over when the thing is mended. docs/drill.md has what it gave.
#
#   bench/drill/run.sh
#
# LOOK names a command that is run while each trouble goes on, with its name and the page's address, to take a picture say.
# Everything runs on this machine. The full disk is a small one in memory, which only root may mount; it is left out otherwise.
# KAIROS and BROKER name binaries that are there already.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cd -- "$here/../.."
kairos=$(realpath "${KAIROS:-${CARGO_TARGET_DIR:-target}/release/kairos}")
broker=${BROKER:-${CARGO_TARGET_DIR:-target}/debug/examples/broker}
[ -n "${BROKER:-}" ] || scripts/in-toolchain.sh cargo build --quiet --locked -p kairos-kafka --features test-broker --example broker
work=$(mktemp -d)
pids=()
end() {
    for pid in "${pids[@]}"; do kill -KILL "$pid"; done 2>/dev/null || true
    wait 2>/dev/null || true
    umount --lazy "$work/disk" 2>/dev/null || true
    rm -rf -- "$work"
}
trap end EXIT
# Below the ports that outgoing connections get.
free_port() { python3 -c 'import random, socket; s = socket.socket(); p = random.randrange(10000, 20000); s.bind(("127.0.0.1", p)); print(p)'; }
clickhouse=$(free_port) rtmp=$(free_port) score=$(free_port) ingest=$(free_port) serve=$(free_port) second=$(free_port)

mkfifo "$work/control"
"$broker" <"$work/control" >"$work/broker" &
pids+=($!)
exec 9>"$work/control"
until [ -s "$work/broker" ]; do sleep 0.1; done
export KAIROS_LOG=kairos=warn KAIROS_CLICKHOUSE__URL=http://127.0.0.1:$clickhouse
cat >"$work/kairos.toml" <<TOML
lateness.idle_ms = 4000
ingest.silent_after_ms = 3000
serve.jobs = ["http://127.0.0.1:$score", "http://127.0.0.1:$ingest", "http://127.0.0.1:$second"]
[kafka]
brokers = "$(cat "$work/broker")"
TOML
run() { # NAME COMMAND...
    local name=$1
    shift
    "$kairos" --config "$work/kairos.toml" "$@" >"$work/$name.out" 2>>"$work/$name.log" &
    pid=$!
    pids+=("$pid")
}
mkdir "$work/disk"
disk=yes
mount -t tmpfs -o size=400m tmpfs "$work/disk" 2>/dev/null || disk=
tables() {
    env -u KAIROS_CLICKHOUSE__URL "$kairos" clickhouse --out "$work/disk" --listen "127.0.0.1:$clickhouse" >/dev/null 2>>"$work/clickhouse.log" &
    server=$!
    pids+=("$server")
    until curl -fs "http://127.0.0.1:$clickhouse/ping" >/dev/null; do sleep 0.1; done
}
tables
KAIROS_METRICS__LISTEN=127.0.0.1:$score run score score --out "$work/score"
KAIROS_METRICS__LISTEN=127.0.0.1:$ingest run ingest ingest "rtmp-listen://127.0.0.1:$rtmp/live"
run serve serve --out "$work/serve" --listen "127.0.0.1:$serve"
KAIROS_METRICS__LISTEN=127.0.0.1:$second run second score --out "$work/second"
second_pid=$pid
ffmpeg -v error -f lavfi -i "testsrc2=size=640x360:rate=30:duration=20" -f lavfi -i "sine=frequency=440:duration=20" \
    -c:v libx264 -preset veryfast -b:v 800k -g 30 -c:a aac "$work/source.mp4"
push() { # SECONDS
    ffmpeg -v error -re -stream_loop -1 -t "$1" -i "$work/source.mp4" -c copy -f flv "rtmp://127.0.0.1:$rtmp/live/stage" </dev/null 2>/dev/null &
    sender=$!
    pids+=("$sender")
}
push 600
sleep 15

ask() { curl -fs "http://127.0.0.1:$serve/api/v1/jobs"; }
# Lines "part: title (about)" of what goes on.
going() {
    ask | python3 -c 'import json, sys
for job in json.load(sys.stdin)["jobs"]:
    if not job["status"]: print("no answer:", job["address"], "-", job["problem"]); continue
    for t in job["status"]["troubles"]:
        if t["kind"] != "model": print(job["status"]["part"] + ": " + t["title"] + (" (" + t["about"] + ")" if t["about"] else "")); print("    do: " + t["action"]); print("    log: " + t["text"][:160])'
}
await() { # WORDS
    local begun=$SECONDS
    until [[ $(going) == *"$1"* ]]; do
        [ $((SECONDS - begun)) -lt 120 ] || { printf 'NOT SEEN\n'; return 1; }
        sleep 0.5
    done
    printf 'seen after %s s' "$((SECONDS - begun))"
}
# Everything is well again: a job tells of what its log said for half a minute.
well() {
    local begun=$SECONDS
    until [ -z "$(going)" ]; do
        [ $((SECONDS - begun)) -lt 180 ] || { printf 'NOT OVER\n'; going; return 1; }
        sleep 0.5
    done
    printf 'nothing is told any more %s s after it was mended\n\n' "$((SECONDS - begun))"
}
drill() { # NAME WORDS
    printf '== %s: ' "$1"
    await "$2"
    printf '\n'
    going
    ${LOOK:-true} "${1// /-}" "http://127.0.0.1:$serve/operator"
}

printf 'before anything is broken: %s lines of trouble\n\n' "$(going | grep -c . || true)"

echo kill >&9
drill "broker down" "no connection to Kafka"
echo restart >&9
well

kill -KILL "$server"
wait "$server" 2>/dev/null || true
drill "ClickHouse down" "ClickHouse does not answer"
tables
well

if [ -n "$disk" ]; then
    dd if=/dev/zero of="$work/disk/ballast" bs=1M 2>/dev/null || true
    drill "disk full" "disk is full"
    rm "$work/disk/ballast"
    well
else
    printf '== disk full: left out, needs root\n\n'
fi

kill -STOP "$sender"
drill "room silent" "a room sends nothing"
kill -CONT "$sender"
well

kill -TERM "$second_pid"
wait "$second_pid" 2>/dev/null || true
KAIROS_MODEL__CHECKPOINT=$work/nowhere KAIROS_METRICS__LISTEN=127.0.0.1:$second run second score --out "$work/second"
drill "model missing" "no answer"
printf '    its log: %s\n' "$(tail -n 1 "$work/second.log")"
KAIROS_METRICS__LISTEN=127.0.0.1:$second run second score --out "$work/second"
well

curl -fs "http://127.0.0.1:$serve/api/v1/operator" | python3 -c 'import json, sys
page = json.load(sys.stdin)
print("ledger:", sum(l["scored"] for l in page["ledger"]), "offsets scored,", sum(abs(l["unaccounted"]) for l in page["ledger"]), "unaccounted")'
