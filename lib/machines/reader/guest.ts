/**
 * The file systems that the reading machine mounts, and the modules of Debian's kernel that each needs where they are not built
 * in. `options` are those of reading, `changing` those of a mount that may write.
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

/** What the machine itself runs on. */
export const baseModules = ['virtio_pci', 'virtio_blk', 'virtio_console'] as const

/** The programs of busybox that the guest calls. */
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

// Ext4 with files inside its inodes leaves there what was in one that is removed, but not of one that was emptied before. What
// has another name somewhere else is not emptied.
const remove = 'find "$@" -maxdepth 0 -type f -links 1 -exec truncate -s 0 {} +; rm "$@"'

/**
 * The first and only program of the guest. Its one line to the world is a port of virtio, on which it hears two random words
 * and then commands: `mount <disk> <kind>`, `list`, `read <bytes>`, which the names of files follow; and for a disk that may be
 * written to `change <disk> <kind>`, which mounts it so, `remove <bytes>`, `empty <bytes>`, `take <bytes>`, which a text follows,
 * and `put <bytes>`, which writes that into a file, `trim`, and `leave`. Its first answer says that it is there. Every record of
 * an answer ends with the first word, and the last record of an answer is the second word and an exit code. No file contains
 * these words, as they are made after the disk. When the line ends, so does the machine.
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
