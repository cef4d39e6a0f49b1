#!/usr/bin/env bash
# The steps of docs/tutorials/production.md, taken: rooms are scored by an older kairos, which is stopped; what is captured waits;
# a newer one takes over. Then the older one is started again, which must refuse.
#
#   OLD=path/to/older/kairos bench/upgrade/run.sh
#
# NEW names the newer binary (else the release build), BROKER the test broker. Everything runs on this machine.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cd -- "$here/../.."
old=$(realpath "${OLD:?names the older binary}")
new=$(realpath "${NEW:-${CARGO_TARGET_DIR:-target}/release/kairos}")
broker=${BROKER:-${CARGO_TARGET_DIR:-target}/debug/examples/broker}
[ -n "${BROKER:-}" ] || scripts/in-toolchain.sh cargo build --quiet --locked -p kairos-kafka --features test-broker --example broker
work=$(mktemp -d)
pids=()
end() {
    for pid in "${pids[@]}"; do kill -KILL "$pid"; done 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf -- "$work"
}
trap end EXIT
# Below the ports that outgoing connections get.
port=$(python3 -c 'import random, socket; s = socket.socket(); p = random.randrange(10000, 20000); s.bind(("127.0.0.1", p)); print(p)')
mkfifo "$work/control"
"$broker" <"$work/control" >"$work/broker" &
pids+=($!)
exec 9>"$work/control"
until [ -s "$work/broker" ]; do sleep 0.1; done
export KAIROS_LOG=kairos=warn KAIROS_KAFKA__BROKERS=$(cat "$work/broker")
url=http://127.0.0.1:$port

# With the job's own tables and state, one after the other.
tables() { # BINARY
    "$1" clickhouse --out "$work/tables" --listen "127.0.0.1:$port" >/dev/null 2>>"$work/log" &
    server=$!
    pids+=("$server")
    until curl -fs "$url/ping" >/dev/null; do sleep 0.1; done
    export KAIROS_CLICKHOUSE__URL=$url
}
stop_tables() {
    kill -TERM "$server"
    wait "$server" || true
    unset KAIROS_CLICKHOUSE__URL
}
go_on() { # BINARY: all that the topics hold
    for job in score gift; do "$1" "$job" --until-end --out "$work/$job" >/dev/null 2>>"$work/log"; done
}
push() { # BINARY ROOM RECORDING
    env -u KAIROS_CLICKHOUSE__URL "$1" replay --to-kafka --speed max --room "$2" "$work/simulated/$3" >/dev/null
}
value() { "$1" sql "$2" --format tsv | tail -n 1; }
rows="SELECT count() FROM frame_scores"
told() { # BINARY
    printf '  units %s, gift predictions %s, offsets unaccounted for %s\n' "$(value "$1" "$rows")" \
        "$(value "$1" 'SELECT count() FROM gift_predictions')" "$(value "$1" "$(unaccounted "$1")")"
}
unaccounted() { echo "SELECT sum(unaccounted) FROM (${ledger})"; }
ledger=$(sed "s/{topic:String}/''/g; s/;$//" sinks/clickhouse/queries/ledger.sql)

"$new" simulate --rooms 3 --minutes 2 --out "$work/simulated" >/dev/null
echo "the older version scores a room, and is stopped within the next"
tables "$old"
push "$old" first room-000
go_on "$old"
told "$old"
push "$old" second room-001
"$old" score --out "$work/score" >/dev/null 2>>"$work/log" &
job=$!
pids+=("$job")
before=$(value "$old" "$rows")
until [ "$(value "$old" "$rows")" -gt "$before" ]; do sleep 0.2; done
kill -TERM "$job"
wait "$job"
told "$old"
echo "a room is captured while nobody scores; the tables are copied"
push "$old" third room-002
stop_tables
cp -a "$work/tables" "$work/backup"
cp -a "$work/gift" "$work/gift-backup"

echo "the newer version takes over"
tables "$new"
go_on "$new"
told "$new"
scores="SELECT room, media_us, delay_ms, revision, score FROM frame_scores ORDER BY ALL"
"$new" sql "$scores" --format tsv >"$work/scores"
stop_tables
"$new" replay --from-kafka --out "$work/check" >/dev/null 2>>"$work/log"
"$new" sql "$scores" --format tsv --out "$work/check" >"$work/scores-of-a-replay"
cmp "$work/scores" "$work/scores-of-a-replay" && echo "  scores are those of a replay of the topics, $(($(wc -l <"$work/scores") - 1)) rows"

echo "the older version on tables of the newer"
tables "$new"
if "$old" score --until-end --out "$work/refused" 2>"$work/refusal"; then echo "  was not refused" >&2; exit 1; fi
sed 's/^/  /' "$work/refusal" | tail -n 2
stop_tables
echo "the older version on the copy"
rm -rf -- "$work/tables" "$work/gift"
mv "$work/backup" "$work/tables"
mv "$work/gift-backup" "$work/gift"
tables "$old"
go_on "$old"
told "$old"
