#!/bin/sh
# Runs npm for the dashboard in web/: that of the system's Node (20.19 or newer), else the one that
# bootstrap.sh put into .venv. `--usable` says whether the system has one.
set -eu
cd "$(dirname "$0")/.."
NEEDED='const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'

usable() {
    command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1 && node -e "$NEEDED" >/dev/null 2>&1
}

if [ "${1:-}" = --usable ]; then
    usable
    exit
fi
if ! usable; then
    PATH="$PWD/.venv/bin:$PATH"
    export PATH
    if ! usable; then
        echo "The dashboard is built with Node 20.19 or newer, and there is none: \`make setup\` brings one." >&2
        exit 1
    fi
fi
cd web
exec npm "$@"
