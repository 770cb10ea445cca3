#!/bin/bash
# Installs an old package as a service on a new Debian with nothing but Node, fills it, backs it up, rehearses a restore,
# upgrades to a new package, rolls back, and restores the backup, with the commands of docs/operations.md as printed there.
# Needs root and debootstrap, and takes three minutes. Not part of the CI.
#
#   deploy/walk.sh <old archive> <new archive>
#
# systemd does not run in a chroot, so lines with systemctl and journalctl are left out, and each unit's ExecStart is started as
# its user with its environment.
set -euo pipefail

if [ $# -ne 2 ]; then
  sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
  exit 2
fi
if [ "${ECS_WALK:-}" != inside ]; then
  # The namespaces end all processes and mounts of the walk with it.
  ECS_WALK=inside exec unshare --mount --pid --fork --kill-child "$0" "$@"
fi

old=$(realpath "$1")
new=$(realpath "$2")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
root=$work/root
port=${PORT:-3900}
# This script is process 1 of the namespace, so -1 means all its other processes.
trap 'set +e; [ $$ = 1 ] && kill -9 -1 2>/dev/null; wait; umount "$root/proc"; rm -rf --one-file-system "$work"' EXIT

step() { printf '\n== %s\n' "$*"; }
# Runs commands as the operator would: as root, in the console's folder.
inside() { chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin bash -euc "cd /opt/open-ecs-console 2>/dev/null || cd; $*"; }
# Runs the commands from stdin, and prints them.
type_in() { # <folder>
  local typed
  typed=$(cat)
  printf '%s\n' "$typed" >&2
  inside "cd $1
$typed"
}
version() { basename "$1" | sed -E 's/^open-ecs-console-(.*)-linux-.*/\1/'; }
# Prints a shell block of a section of docs/operations.md, by default the first, with the version filled in.
commands() { # <heading> <version> [<block>]
  sed -n "/^## $1\$/,/^## /p" docs/operations.md |
    awk -v block="${3:-1}" '/^```sh$/ { inside = ++count == block; next } /^```$/ { inside = 0 } inside' |
    sed "s/<version>/$2/g"
}
# Like commands(), without the lines that need systemd.
by_hand() { commands "$@" | sed 's/ && systemctl daemon-reload//; /^systemctl/d; /^journalctl/d'; }
setting() { sed -n "s/^$2=//p" "$root/etc/systemd/system/$1.service" | head -1; }
start() { # <unit>
  local env
  # EnvironmentFile overrides Environment, as in systemd.
  env="$(setting "$1" Environment) $(grep -v '^#' "$root/etc/open-ecs-console.env" | xargs)"
  # Restart=on-failure: a worker fails until the server has made the embedded database.
  until inside "runuser -u $(setting "$1" User) -- env $env $(setting "$1" ExecStart)"; do
    sleep "$(setting "$1" RestartSec)"
  done >>"$work/$1.log" 2>&1 &
}
# Starts server and worker together, as systemd does.
serve() {
  : >"$work/open-ecs-console.log"
  start open-ecs-console
  start open-ecs-console-worker
}
# Waits until server and worker are ready, for a minute.
ready() {
  local ask="fetch('http://127.0.0.1:$port/readyz').then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"
  for _ in $(seq 120); do
    chroot "$root" /usr/bin/env -i /usr/local/bin/node -e "$ask" && return
    [ -n "$(jobs -r)" ] || break
    sleep 0.5
  done
  tail -n 20 "$work"/*.log
  exit 1
}
stop() { # Server and worker, as systemctl stop does.
  inside "pkill -TERM -u ecs-console -f lib/start/start.mjs || true"
  wait
}

step 'A new Debian with Node'
debootstrap --variant=minbase --include=procps bookworm "$root" >"$work/debootstrap.log"
cp "$(command -v node)" "$root/usr/local/bin/node"
mount -t proc proc "$root/proc"
mkdir -p "$root/etc/systemd/system"

step "Install $(version "$old"), by docs/operations.md"
cp "$old" "$old.sha256" "$root/root/"
by_hand 'As a service' "$(version "$old")" >"$work/commands"
grep -v runuser "$work/commands" | type_in /root
inside "sed -i 's/^#PORT=.*/PORT=$port/' /etc/open-ecs-console.env"
serve
# Run the document's commands at once, while both services start.
grep runuser "$work/commands" | type_in /opt/open-ecs-console
ready
grep -h . "$work/open-ecs-console.log" | tail -12

step 'Fill it'
admin() { inside "runuser -u ecs-console -- bin/ecs-console $*"; }
node --import tsx -e "
  import('./lib/disks/samples.ts').then(({ buildQcow2, buildRawDisk }) =>
    require('node:fs').writeFileSync('$root/tmp/disk.qcow2', buildQcow2({ raw: buildRawDisk({ sizeMib: 8, label: 'web-01', seed: 1 }) })))"
admin image import /tmp/disk.qcow2 --account harbour --region cn-shanghai --name web-01 --os "'Debian 12'"
admin verify

step 'Back it up'
commands Backup "$(version "$old")" | type_in /root
commands Backup "$(version "$old")" 2 | type_in /root

step 'Rehearse a restore beside it'
commands 'Rehearsing a restore' "$(version "$old")" | type_in /root

step "Upgrade to $(version "$new")"
stop
cp "$new" "$new.sha256" "$root/root/"
by_hand 'Upgrade and back out' "$(version "$new")" | type_in /root
serve
ready
admin --version
admin verify
admin image list --account harbour

step "Back out to $(version "$old")"
stop
by_hand 'Upgrade and back out' "$(version "$old")" 2 | type_in /root
serve
ready
admin --version
admin image list --account harbour

step "Upgrade again, and back up"
stop
by_hand 'Upgrade and back out' "$(version "$new")" | type_in /root
serve
ready
commands Backup "$(version "$new")" | type_in /root

step 'Restore into an empty data folder'
stop
by_hand Restore "$(version "$new")" | type_in /root
serve
ready
admin image list --account harbour
admin audit verify
inside 'cmp /var/backups/open-ecs-console-keys/audit-key.pem /var/lib/open-ecs-console/audit-key.pem'
stop
step 'Installed, upgraded and restored'
