#!/usr/bin/env bash
# Makes this machine able to build, test and run kairos; says and changes nothing
# where all is there already.
#
# Every part is probed on every call instead of trusting a stamp: the probes take
# well under a second, and a stamp would outlive a package that was removed.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

"$here/setup-packages.sh"
"$here/setup-rust.sh"
"$here/setup-libchdb.sh"
"$here/setup-kafka.sh"
