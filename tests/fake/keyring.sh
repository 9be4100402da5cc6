#!/bin/sh
# Runs a command with a real session bus and a real, unlocked keyring of its own; both end with the command.
# Usage: dbus-run-session -- tests/fake/keyring.sh COMMAND [ARG...]
set -eu
XDG_RUNTIME_DIR=$HOME/run
XDG_DATA_HOME=$HOME/.local/share
export XDG_RUNTIME_DIR XDG_DATA_HOME
mkdir -p "$XDG_RUNTIME_DIR"
chmod 700 "$XDG_RUNTIME_DIR"
printf testpw >"$HOME/phrase"
gnome-keyring-daemon --foreground --unlock --components=secrets <"$HOME/phrase" >/dev/null 2>&1 &

# Who asks before the daemon has its name makes the bus start another one, which is locked.
owned() {
  dbus-send --session --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets | grep -q true
}
tries=0
until owned; do
  tries=$((tries + 1))
  [ $tries -lt 6000 ] || { echo "the keyring did not start" >&2; exit 1; }
  sleep 0.05
done
"$@"
