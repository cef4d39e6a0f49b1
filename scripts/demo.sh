#!/usr/bin/env bash
# Three simulated rooms, four minutes each, through everything: rows, highlights,
# clips and the report, in ./out/demo (KAIROS_DEMO_OUT names another folder).
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cd -- "$here/.."
kairos=${CARGO_TARGET_DIR:-target}/release/kairos
rooms=out/demo-rooms
out=${KAIROS_DEMO_OUT:-out/demo}

rm -rf -- "$rooms" "$out"
printf -- '-- simulating 3 rooms of 4 minutes into %s\n' "$rooms"
"$kairos" simulate --rooms 3 --minutes 4 --out "$rooms"
printf -- '-- replaying them into %s\n' "$out"
"$kairos" replay "$rooms"/*/ --out "$out"

cat <<END

report   $PWD/$out/report.html   (open it in a browser)
clips    $PWD/$out/clips/
rows     ClickHouse's own files inside $out; ask them by SQL:
             $kairos sql --out $out --named top-moments -p room=room-000
             $kairos sql --out $out "SELECT count() FROM frame_scores"
END
