#!/usr/bin/env bash
# Finds the Rust toolchain to use; sourced by the other scripts.
#
# A toolchain is adequate when its cargo is at least the workspace's rust-version
# and it has rustfmt and clippy. The first adequate one of these is taken: what
# PATH gives, what rustup's own folder gives, the version that setup installs.

toolchain_root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# What setup installs where nothing adequate is found: the version that the lints
# are known to pass with.
# shellcheck disable=SC2034
toolchain_version=1.95.0

toolchain_minimum() {
    sed -n 's/^rust-version = "\([0-9.]*\)"$/\1/p' "$toolchain_root/Cargo.toml"
}

# Succeeds when the second version is not below the first.
version_reaches() {
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

toolchain_is_adequate() {
    local version
    # In another folder than the workspace's: an override there must not decide.
    version=$(cargo --version 2>/dev/null | awk '{ print $2 }') || return 1
    [ -n "$version" ] && version_reaches "$(toolchain_minimum)" "$version" &&
        rustc --version >/dev/null 2>&1 &&
        cargo fmt --version >/dev/null 2>&1 &&
        cargo clippy --version >/dev/null 2>&1
}

# Sets PATH and RUSTUP_TOOLCHAIN so that `cargo` is adequate; fails when none is.
use_toolchain() {
    toolchain_is_adequate && return 0
    local bin=${CARGO_HOME:-$HOME/.cargo}/bin
    [ -x "$bin/cargo" ] || return 1
    PATH=$bin:$PATH
    export PATH
    toolchain_is_adequate && return 0
    export RUSTUP_TOOLCHAIN=$toolchain_version
    toolchain_is_adequate && return 0
    unset RUSTUP_TOOLCHAIN
    return 1
}
