#!/bin/sh
# Trains and judges gift models as docs/gifting.md reports them. DATA is a folder with train.tsv (val.tsv, friends.tsv,
# *_feat.npy), or WORLD to simulate one; OUT takes checkpoints and tables; SEEDS sets the seeds of each model.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
kairos=${KAIROS:-"$root/target/release/kairos"}
out=${OUT:-out/gifting}
seeds=${SEEDS:-5}
mkdir -p "$out"
case "${DATA:-WORLD}" in
WORLD)
    data="$out/world"
    [ -f "$data/click.csv" ] || "$kairos" simulate gifting --out "$data" --users "${USERS:-5000}" --seed 1
    ;;
*) data=$DATA ;;
esac
name=$(basename "$data")
"$kairos" train gifting --data "$data" --out "$out/$name-checkpoint" --baselines --ablations --seeds "$seeds" \
    | tee "$out/$name.md"
"$kairos" eval gifting --data "$data" --checkpoint "$out/$name-checkpoint" --out "$out/$name.tsv"
