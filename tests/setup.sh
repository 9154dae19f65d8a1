#!/usr/bin/env bash
# Makes sure that what Aloft needs from the system is there: `tests/setup.sh [build|window|rigs|venv|peers]`.
#   build   a C compiler, for the C parts of SQLite and the allocator
#   window  also the libraries that the window opens when it starts (X11, OpenGL, keyboard)
#   rigs    also the virtual display, the tools that drive the window from outside, and a real keychain
#   peers   also the tools that load and watch an endpoint (wrk, Prometheus) and move data (rclone), for the benchmark and the soak
#   venv    a Python that can make virtual environments, for the rigs that compare with other tools
# With root or a password-less sudo it installs what is missing; otherwise it says exactly what to install.
# Quick when everything is there, and safe to run again.
set -euo pipefail

level=${1:-rigs}
case $level in build | window | rigs | venv | peers) ;; *) echo "usage: $0 [build|window|rigs|venv|peers]" >&2; exit 2 ;; esac

if ! command -v cargo >/dev/null 2>&1; then
    if [ -x "$HOME/.cargo/bin/cargo" ]; then
        echo "setup: cargo is in ~/.cargo/bin, which is not in PATH. Run: . \"\$HOME/.cargo/env\"" >&2
    else
        echo "setup: Rust is missing. Install the stable toolchain (1.95 or newer) with rustup, then run this again." >&2
    fi
    exit 1
fi

# Off Linux there is no apt, and no X server is needed to open the window.
if [ "$(uname -s)" != Linux ]; then
    [ "$level" = rigs ] && echo "setup: the window tests need Linux (Xvfb and AT-SPI)." >&2 && exit 1
    exit 0
fi

missing=()
# need PACKAGE TEST…: the package is missing when the test fails.
need() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}
program() { command -v "$1"; }
libraries=$( (ldconfig -p || /sbin/ldconfig -p) 2>/dev/null || true)
library() { grep -qF "$1" <<<"$libraries"; }

need build-essential program cc
need build-essential program c++
need pkg-config program pkg-config
if [ "$level" = venv ]; then
    need python3 program python3
    need python3-venv python3 -c 'import ensurepip, venv'
fi
if [ "$level" = peers ]; then
    need wrk program wrk
    need prometheus program prometheus
    need rclone program rclone
fi
if [ "$level" = window ] || [ "$level" = rigs ]; then
    need libx11-6 library libX11.so.6
    need libx11-xcb1 library libX11-xcb.so.1
    need libxcursor1 library libXcursor.so.1
    need libxi6 library libXi.so.6
    need libxrandr2 library libXrandr.so.2
    need libxkbcommon0 library libxkbcommon.so.0
    need libxkbcommon-x11-0 library libxkbcommon-x11.so.0
    need libgl1 library libGL.so.1
    need libegl1 library libEGL.so.1
    need libgl1-mesa-dri test -e /usr/lib/"$(uname -m)"-linux-gnu/dri/swrast_dri.so
fi
if [ "$level" = rigs ]; then
    need xvfb program Xvfb
    need xdotool program xdotool
    need imagemagick program import
    need dbus program dbus-daemon
    need dbus-x11 program dbus-launch
    need gnome-keyring program gnome-keyring-daemon
    need libsecret-tools program secret-tool
    need at-spi2-core test -x /usr/libexec/at-spi-bus-launcher
    need python3 test -x /usr/bin/python3
    need python3-gi /usr/bin/python3 -c 'import gi'
    need python3-xlib /usr/bin/python3 -c 'import Xlib'
fi

if [ ${#missing[@]} -eq 0 ]; then
    exit 0
fi
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root=(sudo -n)
    else
        printf 'setup: missing packages, and no right to install them. Run:\n\n    sudo apt-get install %s\n\n' "${missing[*]}" >&2
        exit 1
    fi
fi
if ! command -v apt-get >/dev/null 2>&1; then
    printf 'setup: missing, by their names in Debian: %s\nInstall their like with the package manager of this system.\n' "${missing[*]}" >&2
    exit 1
fi

echo "setup: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
install() { "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2; }
# The list of packages may be old or absent: fetch it only when it has to be.
install || { "${as_root[@]}" apt-get update -qq >&2 && install; }
