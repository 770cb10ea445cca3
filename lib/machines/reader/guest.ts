/**
 * The file systems that the reader machine mounts, and the Debian kernel modules that each needs unless built in. `options` are for
 * mounting read-only, `changing` for mounting writable.
 */
export const guestFileSystems = [
  { kind: 'xfs', modules: ['crc32c_generic', 'xfs'], options: 'norecovery,nouuid', changing: 'nouuid' },
  {
    kind: 'btrfs',
    modules: ['crc32c_generic', 'xxhash_generic', 'blake2b_generic', 'btrfs'],
    options: 'subvolid=5,rescue=nologreplay',
    changing: 'subvolid=5',
  },
  { kind: 'ext4', modules: ['crc32c_generic', 'ext4'], options: 'noload', changing: 'errors=remount-ro' },
] as const
export type GuestFileSystem = (typeof guestFileSystems)[number]['kind']

/** Modules for the machine's own devices. */
export const baseModules = ['virtio_pci', 'virtio_blk', 'virtio_console'] as const

/** The busybox applets that the guest uses. */
export const programs = [
  'cat',
  'find',
  'fstrim',
  'head',
  'insmod',
  'mount',
  'poweroff',
  'rm',
  'sh',
  'stat',
  'truncate',
  'umount',
  'xargs',
] as const

const mounts = guestFileSystems.map(
  ({ kind, options, changing }) => `    ${kind}-ro) options=${options} ;;\n    ${kind}-rw) options=${changing} ;;`,
)

// With inline data, ext4 leaves the content of a removed file in its inode, unless the file was truncated first. A file with another
// hard link is not truncated.
const remove = 'find "$@" -maxdepth 0 -type f -links 1 -exec truncate -s 0 {} +; rm "$@"'

/**
 * The first and only program of the guest. Its only channel is a virtio port, on which it reads two random words and then commands:
 * `mount <disk> <kind>`, `list`, `read <bytes>`, followed by file names; and for a writable disk `change <disk> <kind>`, which mounts
 * it writable, `remove <bytes>`, `empty <bytes>`, `take <bytes>`, followed by a text, `put <bytes>`, which writes that text to a file,
 * `trim`, and `leave`. Its first answer is a greeting. Every record of an answer ends with the first word; the last record is the
 * second word and an exit code. No file contains these words, as they are made after the disk. When the port is closed, the machine
 * ends.
 */
export const guestInit = `#!/bin/sh
export PATH=/bin
mount -t devtmpfs dev /dev
exec </dev/null >/dev/null 2>&1
load() { for module in $(cat "/modules/$1"); do insmod "/modules/$module.ko"; done; }
load base
exec 3<>"$(echo /dev/vport*p*)"
read -r word end <&3
printf %s "$word" >/word
answer() { printf %s "$end$1$word" >&3; }
echo '${remove}' >/remove
answer 0
leave() { cd / && umount /disk; }
enter() {
  case $2-$3 in
${mounts.join('\n')}
    *) return 1 ;;
  esac
  load "$2"
  mount -t "$2" -o "$3,nosuid,nodev,noexec,$options" "/dev/vd$1" /disk
}
while read -r command first second <&3; do
  case $command in
    mount) leave; enter "$first" "$second" ro && cd /disk ;;
    change) leave; enter "$first" "$second" rw && cd /disk ;;
    leave) leave ;;
    list) find . '(' ! -type d -o -inum 256 ')' -exec stat -c "%f %s %n$word" {} + >&3 ;;
    read) head -c "$first" <&3 | xargs -0 cat >&3 ;;
    remove) head -c "$first" <&3 | xargs -0 sh /remove ;;
    empty) head -c "$first" <&3 | xargs -0 truncate -s 0 ;;
    take) head -c "$first" <&3 >/text ;;
    put) head -c "$first" <&3 | xargs -0 -n 1 sh -c 'cat /text >"$0"' ;;
    trim) fstrim /disk ;;
  esac
  answer $?
done
poweroff -f
`
