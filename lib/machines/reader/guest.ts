/** The file systems that the reading machine mounts, and the modules of Debian's kernel that each needs where they are not built in. */
export const guestFileSystems = [
  { kind: 'xfs', modules: ['crc32c_generic', 'xfs'], options: 'norecovery,nouuid' },
  {
    kind: 'btrfs',
    modules: ['crc32c_generic', 'xxhash_generic', 'blake2b_generic', 'btrfs'],
    options: 'subvolid=5,rescue=nologreplay',
  },
  { kind: 'ext4', modules: ['crc32c_generic', 'ext4'], options: 'noload' },
] as const
export type GuestFileSystem = (typeof guestFileSystems)[number]['kind']

/** What the machine itself runs on. */
export const baseModules = ['virtio_pci', 'virtio_blk', 'virtio_console'] as const

/** The programs of busybox that the guest calls. */
export const programs = ['cat', 'find', 'head', 'insmod', 'mount', 'poweroff', 'sh', 'stat', 'umount', 'xargs'] as const

const mounts = guestFileSystems.map(({ kind, options }) => `    ${kind}) options=${options} ;;`)

/**
 * The first and only program of the guest. Its one line to the world is a port of virtio, on which it hears two random words
 * and then commands: `mount <disk> <kind>`, `list`, `read <bytes>`, which the names of files follow. Its first answer says that it
 * is there. Every record of an answer ends with the first word, and the last record of an answer is the second word and an exit
 * code. No file contains these words, as they are made after the disk. When the line ends, so does the machine.
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
answer 0
leave() { cd / && umount /disk; }
enter() {
  case $2 in
${mounts.join('\n')}
    *) return 1 ;;
  esac
  load "$2"
  mount -t "$2" -o "ro,nosuid,nodev,noexec,$options" "/dev/vd$1" /disk
}
while read -r command first second <&3; do
  case $command in
    mount) leave; enter "$first" "$second" && cd /disk ;;
    list) find . '(' ! -type d -o -inum 256 ')' -exec stat -c "%f %s %n$word" {} + >&3 ;;
    read) head -c "$first" <&3 | xargs -0 cat >&3 ;;
  esac
  answer $?
done
poweroff -f
`
