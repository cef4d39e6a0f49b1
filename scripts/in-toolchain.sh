#!/usr/bin/env bash
# Runs a command with the Rust toolchain that setup found or installed.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/toolchain.sh
. "$here/toolchain.sh"
if ! use_toolchain; then
    printf 'no adequate Rust toolchain: run make setup\n' >&2
    exit 1
fi
exec "$@"
