#!/usr/bin/env bash
# Installs a Rust toolchain by rustup where no adequate one is found.
#
# An adequate toolchain is left as it is, and so are the user's default toolchain
# and shell files: the other scripts pick the installed one by `use_toolchain`.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=scripts/toolchain.sh
. "$here/toolchain.sh"

say() { printf 'setup: %s\n' "$*" >&2; }

if use_toolchain; then
    exit 0
fi

bin=${CARGO_HOME:-$HOME/.cargo}/bin
PATH=$bin:$PATH
export PATH
if command -v rustup >/dev/null 2>&1; then
    say "installing Rust $toolchain_version by rustup (cargo $(toolchain_minimum) or newer, rustfmt and clippy are needed)"
    rustup toolchain install "$toolchain_version" --profile minimal --component rustfmt --component clippy
else
    say "installing rustup and Rust $toolchain_version (cargo $(toolchain_minimum) or newer is needed)"
    installer=$(mktemp)
    trap 'rm -f -- "$installer"' EXIT
    # The same file at both addresses; some networks let only the second through.
    for url in https://static.rust-lang.org/rustup/rustup-init.sh https://sh.rustup.rs; do
        curl --proto '=https' --tlsv1.2 --fail --silent --show-error --location --retry 3 \
            --output "$installer" "$url" && break
    done
    if [ ! -s "$installer" ]; then
        say "rustup's installer could not be fetched: install Rust $(toolchain_minimum) or newer from https://rustup.rs"
        exit 1
    fi
    # An apt-installed cargo that is too old must not stop the installer.
    RUSTUP_INIT_SKIP_PATH_CHECK=yes sh "$installer" -y --quiet --no-modify-path --profile minimal \
        --default-toolchain "$toolchain_version" --component rustfmt --component clippy </dev/null
fi

if ! use_toolchain; then
    say "Rust was installed and is still not found in $bin"
    exit 1
fi
say "$(cargo --version) is ready; to use it in your shell: export PATH=\"$bin:\$PATH\""
