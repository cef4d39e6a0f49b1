#!/usr/bin/env bash
# Every check of the project, each with its wall time, and the count of tests last.
#
# A step that fails does not hide the ones after it. The last line is
# "N passed, N failed": tests as cargo counts them (documentation tests too), and
# one failure for each other step that failed. Any failure makes the exit status 1.
set -uo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cd -- "$here/.." || exit 1
# shellcheck source=scripts/toolchain.sh
. "$here/toolchain.sh"
if ! use_toolchain; then
    printf 'no adequate Rust toolchain: run make setup\n0 passed, 1 failed\n'
    exit 1
fi
if [ "${CI:-}" = true ]; then
    export CARGO_TERM_COLOR=never
fi

log=$(mktemp)
trap 'rm -f -- "$log"' EXIT
passed=0 failed=0 broken=()

report() { # STATUS SECONDS NAME
    if [ "$1" -eq 0 ]; then
        printf -- '-- %s: ok in %s s\n' "$3" "$2"
    else
        printf -- '-- %s: FAILED in %s s\n' "$3" "$2"
        broken+=("$3")
    fi
}

step() { # NAME COMMAND...
    local name=$1 started=$SECONDS status=0
    shift
    printf -- '-- %s: %s\n' "$name" "$*"
    "$@" </dev/null || status=$?
    [ "$status" -eq 0 ] || failed=$((failed + 1))
    report "$status" "$((SECONDS - started))" "$name"
}

# Cargo tells the counts in one line per test binary.
count() { awk -v field="$1" '/^test result: / { for (i = 2; i <= NF; i++) if ($i == field ";") n += $(i - 1) } END { print n + 0 }' "$log"; }

tests() {
    local started=$SECONDS status=0 failures
    printf -- '-- tests: cargo test --workspace --no-fail-fast\n'
    cargo test --locked --workspace --no-fail-fast </dev/null 2>&1 | tee "$log" || status=1
    passed=$(count passed)
    failures=$(count failed)
    # A test binary that did not build or was killed tells no count.
    if [ "$status" -ne 0 ] && [ "$failures" -eq 0 ]; then
        failures=1
    fi
    failed=$((failed + failures))
    report "$status" "$((SECONDS - started))" tests
}

optional() { # TOOL ARGUMENT...
    if cargo "$1" --version >/dev/null 2>&1; then
        step "$1" cargo "$@"
    else
        printf -- '-- %s: not run, cargo-%s is not installed (cargo install --locked cargo-%s)\n' "$1" "$1" "$1"
    fi
}

if ! command -v chromedriver >/dev/null 2>&1; then
    printf -- '-- tests in a browser: not run, there is no chromedriver (Ubuntu: snap install chromium)\n'
    export KAIROS_BROWSER=none
fi

started=$SECONDS
step format cargo fmt --all --check
step lints cargo clippy --locked --workspace --all-targets -- -D warnings
tests
# After clippy: it finds its dependencies' metadata there.
RUSTDOCFLAGS="-D warnings" step documentation cargo doc --locked --workspace --no-deps --quiet
optional machete
optional deny --log-level error check

printf -- '-- all steps in %s s\n' "$((SECONDS - started))"
[ ${#broken[@]} -eq 0 ] || printf -- '-- failed: %s\n' "${broken[*]}"
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
