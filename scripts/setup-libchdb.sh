#!/usr/bin/env bash
# Fetches libchdb.so, the ClickHouse engine that runs inside the process.
#
# The library is looked for at ${KAIROS_CACHE:-${XDG_CACHE_HOME:-~/.cache}/kairos}.
# It appears there by one rename after its package's checksum has been verified:
# a file of that name is always whole.
set -euo pipefail

version=26.7.3
package_version=$version-stable.1
package=lib-linux-x64-gnu
sha256=c0d32b129e988f2b9a9a31c9141aecf5e1e2453f9a079efc4d36ab8e3f92b2ad

say() { printf 'setup: %s\n' "$*" >&2; }

folder=${KAIROS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kairos}/libchdb-$version
library=$folder/libchdb.so
[ ! -s "$library" ] || exit 0

machine=$(uname -s)-$(uname -m)
if [ "$machine" != Linux-x86_64 ]; then
    say "the embedded ClickHouse engine is not available for $machine: give a server's URL (KAIROS_CLICKHOUSE__URL)"
    exit 0
fi

mkdir -p -- "$folder"
free_kib=$(df -Pk -- "$folder" | awk 'NR == 2 { print $4 }')
if [ "$free_kib" -lt 800000 ]; then
    say "$folder has $((free_kib / 1024)) MiB free; libchdb needs 780 MiB while it is unpacked"
    exit 1
fi
# Inside the target folder, so that the last step is a rename on one file system.
work=$(mktemp -d -- "$folder/.fetch.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
trap 'exit 130' INT TERM

# The registry that npm is configured with, without needing npm.
registry() {
    local url=${NPM_CONFIG_REGISTRY:-${npm_config_registry:-}}
    if [ -z "$url" ] && command -v npm >/dev/null 2>&1; then
        url=$(npm config get registry 2>/dev/null || true)
    fi
    if [ -z "$url" ] && [ -r "$HOME/.npmrc" ]; then
        url=$(sed -n 's/^registry *= *//p' "$HOME/.npmrc" | tail -n 1)
    fi
    case $url in
    http*) printf '%s' "${url%/}" ;;
    *) printf 'https://registry.npmjs.org' ;;
    esac
}

by_npm() {
    command -v npm >/dev/null 2>&1 || return 1
    (cd -- "$work" && npm pack --silent "@chdb/$package@$package_version" >/dev/null && mv -- ./*.tgz package.tgz)
}

by_curl() {
    curl --fail --silent --show-error --location --retry 3 --output "$work/package.tgz" \
        "$(registry)/@chdb/$package/-/$package-$package_version.tgz"
}

is_verified() { printf '%s  %s\n' "$sha256" "$work/package.tgz" | sha256sum --check --status; }

say "fetching libchdb $package_version (178 MB) into $folder"
if ! { by_npm && is_verified; } && ! { by_curl && is_verified; }; then
    if [ -s "$work/package.tgz" ]; then
        say "the checksum of @chdb/$package@$package_version is not $sha256: not used"
    else
        say "@chdb/$package@$package_version could not be fetched from $(registry)"
    fi
    exit 1
fi
tar -xzf "$work/package.tgz" -C "$work" package/libchdb.so
mv -f -- "$work/package/libchdb.so" "$library"
say "libchdb is at $library"
