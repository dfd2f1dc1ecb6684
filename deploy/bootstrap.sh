#!/bin/sh
# Makes .venv with everything that requirements.lock names and the three distributions, editable.
# With uv where there is one, else with Python's own venv and pip, also where Debian left half of it out.
set -eu
cd "$(dirname "$0")/.."
VENV=.venv
NEEDED='import sys; sys.exit(not (3, 11) <= sys.version_info[:2])'

usable() { "$1" -c "$NEEDED" >/dev/null 2>&1; }

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14; do
        if usable "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "LLMLab needs Python 3.11 or newer, and found none. Install it (Debian, Ubuntu: apt install python3" >&2
    echo "python3-pip; Fedora: dnf install python3.12; macOS: brew install python@3.13) or name yours:" >&2
    echo "make setup PYTHON=/path/to/python3.12" >&2
    exit 1
}

if command -v uv >/dev/null 2>&1; then
    export UV_COMPILE_BYTECODE=1
    usable "$VENV/bin/python" || uv venv --quiet --clear --python "$(find_python)" "$VENV"
    set -- uv pip install --quiet --python "$VENV/bin/python"
else
    if ! usable "$VENV/bin/python"; then
        python=$(find_python)
        rm -rf "$VENV"
        # Where Debian's python3-venv is missing this fails half way, and the pip of the system does instead.
        if ! "$python" -m venv "$VENV" >/dev/null 2>&1; then
            rm -rf "$VENV"
            "$python" -m venv --without-pip "$VENV"
        fi
    fi
    if "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        set -- "$VENV/bin/python" -m pip install
    else
        python=${python:-$(find_python)}
        if ! "$python" -m pip --python "$VENV/bin/python" --version >/dev/null 2>&1; then
            echo "$python has no pip, or one older than 22.3: install it (Debian, Ubuntu: apt install" >&2
            echo "python3-pip), or install uv." >&2
            exit 1
        fi
        set -- "$python" -m pip --python "$VENV/bin/python" install
    fi
    set -- "$@" --quiet --disable-pip-version-check --no-input
fi

echo "Installing into $VENV …"
"$@" --require-hashes -r requirements.lock
# The distributions themselves have no hashes; their build tools came with the lock.
"$@" --no-deps --no-build-isolation -e . -e ./sdk -e ./cli

# What builds the dashboard: the system's Node where it is new enough, else one that comes as a wheel.
if ! sh deploy/npm.sh --usable; then
    "$@" --require-hashes -r deploy/node.lock
fi
