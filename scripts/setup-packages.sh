#!/usr/bin/env bash
# Installs the system packages that the build needs and this machine lacks.
#
# A package counts as present when what it is needed for can be found, however it
# came here, so that a distribution without apt, or a tool built by hand, passes.
# KAIROS_ASSUME_NO_APT=1 only names what is missing.
set -euo pipefail

say() { printf 'setup: %s\n' "$*" >&2; }
has() { command -v "$1" >/dev/null 2>&1; }
pc() { has pkg-config && pkg-config --exists "$1" 2>/dev/null; }

has_libclang() {
    local found
    [ -z "${LIBCLANG_PATH:-}" ] || return 0
    for found in /usr/lib/llvm-*/lib/libclang.so* /usr/lib/*/libclang*.so* /usr/lib64/libclang.so* \
        /usr/lib/libclang.so* /usr/local/lib/libclang.so*; do
        [ ! -e "$found" ] || return 0
    done
    return 1
}

# What bindgen includes while it reads FFmpeg's headers.
has_c_toolchain() { has cc && has c++ && has make && [ -e /usr/include/stdio.h ]; }

has_certificates() {
    [ -s /etc/ssl/certs/ca-certificates.crt ] || [ -s /etc/pki/tls/certs/ca-bundle.crt ] || [ -s /etc/ssl/cert.pem ]
}

has_gst_element() { has gst-inspect-1.0 && gst-inspect-1.0 --exists "$1" 2>/dev/null; }

# What clicks through the review screen in tests.
has_browser() { has chromium || has chromium-browser || has google-chrome; }
has_driver() { has chromedriver; }
# Ubuntu has Chromium as a snap alone, which a container can't install: tests in it are left out there, and say so.
is_ubuntu() { grep -qi '^ID=ubuntu' /etc/os-release 2>/dev/null; }

# What the tests' broker runs on.
has_java() {
    local java=java version
    [ -z "${JAVA_HOME:-}" ] || java=$JAVA_HOME/bin/java
    version=$("$java" -version 2>&1 | sed -n 's/^[^"]*"\([0-9]*\).*/\1/p' | head -n 1)
    [ "${version:-0}" -ge 17 ]
}

missing=()
need() { # PACKAGE PROBE...
    local package=$1
    shift
    "$@" || missing+=("$package")
}

find_missing() {
    missing=()
    need build-essential has_c_toolchain
    need pkg-config has pkg-config
    need clang has clang
    need libclang-dev has_libclang
    need mold has mold
    need curl has curl
    need ca-certificates has_certificates
    need ffmpeg has ffmpeg
    need libavcodec-dev pc libavcodec
    need libavformat-dev pc libavformat
    need libavutil-dev pc libavutil
    need libavfilter-dev pc libavfilter
    need libswscale-dev pc libswscale
    need libswresample-dev pc libswresample
    need cmake has cmake
    need libgstreamer1.0-dev pc gstreamer-1.0
    need libgstreamer-plugins-base1.0-dev pc gstreamer-app-1.0
    need gstreamer1.0-tools has gst-inspect-1.0
    need gstreamer1.0-plugins-base has_gst_element playbin
    need gstreamer1.0-plugins-good has_gst_element flvdemux
    need gstreamer1.0-plugins-bad has_gst_element mpegtsmux
    need gstreamer1.0-plugins-ugly has_gst_element x264enc
    need gstreamer1.0-libav has_gst_element avdec_h264
    is_ubuntu || need chromium has_browser
    is_ubuntu || need chromium-driver has_driver
    need espeak-ng has espeak-ng
    need libssl-dev pc openssl
    need zlib1g-dev pc zlib
    # Java 17 on Debian 12, newer elsewhere.
    need default-jre-headless has_java
}

find_missing
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if has sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        as_root=(sudo)
    else
        say "these packages are missing and neither root nor sudo is at hand: ${missing[*]}"
        say "have them installed: apt-get install --no-install-recommends ${missing[*]}"
        exit 1
    fi
fi
if ! has apt-get || [ "${KAIROS_ASSUME_NO_APT:-0}" = 1 ]; then
    say "these packages (Debian's names) are missing and there is no apt-get here: ${missing[*]}"
    say "install what your distribution calls them, then run this again"
    exit 1
fi

say "installing ${missing[*]}"
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@" </dev/null; }
# One unreachable third-party source must not stop what the others have.
install() {
    apt update >/dev/null || true
    apt install --yes --no-install-recommends "${missing[@]}" >/dev/null
}
if ! install; then
    say "apt failed; trying once more"
    sleep 5
    if ! install; then
        say "apt could not install: ${missing[*]}"
        exit 1
    fi
fi

find_missing
if [ ${#missing[@]} -gt 0 ]; then
    say "installed, and still not to be found: ${missing[*]}"
    exit 1
fi
