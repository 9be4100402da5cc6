#!/bin/sh
# Runs a command with a real session bus and a real, unlocked keyring of its own; both end with the command.
# Usage: dbus-run-session -- tests/fake/keyring.sh COMMAND [ARG...]
set -eu
XDG_RUNTIME_DIR=$HOME/run
XDG_DATA_HOME=$HOME/.local/share
export XDG_RUNTIME_DIR XDG_DATA_HOME
mkdir -p "$XDG_RUNTIME_DIR"
chmod 700 "$XDG_RUNTIME_DIR"
printf testpw | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
"$@"
