# Makes .venv with foveaview in it. Sourced by scripts/run and scripts/test, from the project's root.
# Usage: prepare_environment [EXTRA,...]

# library that Qt loads, and the Debian package that holds it
readonly LIBRARIES="
libEGL.so.1 libegl1
libGL.so.1 libgl1
libglib-2.0.so.0 libglib2.0-0
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libxkbcommon.so.0 libxkbcommon0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-shape.so.0 libxcb-shape0
"

fail() {
    echo "foveaview: $*" >&2
    exit 1
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.11 python3.12 python3.13; do
        if [ -n "$candidate" ] && "$candidate" -c \
            'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail "needs Python 3.11, 3.12 or 3.13 (Debian: apt-get install python3 python3-venv)"
}

missing_packages() {
    local python=$1 library package cache
    "$python" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    [ "$(uname -s)" = Linux ] || return 0
    cache=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p 2>/dev/null) || return 0
    while read -r library package; do
        [ -n "$library" ] || continue
        case "$cache" in *"$library "*) ;; *) echo "$package" ;; esac
    done <<<"$LIBRARIES"
}

install_system_libraries() {
    local missing
    missing=$(missing_packages "$1" | tr '\n' ' ')
    [ -n "${missing// /}" ] || return 0
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        echo "Installing system libraries: $missing" >&2
        apt-get update -qq >&2
        # shellcheck disable=SC2086
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
    else
        fail "some system libraries are missing; on Debian or Ubuntu type:
    sudo apt-get install -y $missing"
    fi
}

prepare_environment() {
    local extra=${1:-} python stamp
    stamp=.venv/.installed-$(cat pyproject.toml constraints.txt | cksum | tr ' ' '-')
    if [ -e "$stamp${extra:+-$extra}" ] || [ -e "$stamp-test" ]; then  # tests need all there is
        return
    fi
    python=$(find_python)
    install_system_libraries "$python"
    echo "Making the environment in .venv (once; it takes a few minutes)" >&2
    [ -x .venv/bin/python ] || "$python" -m venv .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --constraint constraints.txt --editable ".${extra:+[$extra]}" >&2
    rm -f .venv/.installed-*
    touch "$stamp${extra:+-$extra}"
}
