// Finds the tools that make disks for the tests, or installs them on Debian as root. Tests without their tool are skipped.
import fs from 'node:fs'
import { installWithApt } from './apt.mjs'

/** Tools by Debian package. */
const packages = {
  'bcache-tools': 'make-bcache',
  'btrfs-progs': 'mkfs.btrfs',
  'cryptsetup-bin': 'cryptsetup',
  dosfstools: 'mkfs.vfat',
  'erofs-utils': 'mkfs.erofs',
  exfatprogs: 'mkfs.exfat',
  'f2fs-tools': 'mkfs.f2fs',
  fdisk: 'sfdisk',
  gdisk: 'sgdisk',
  genext2fs: 'genext2fs',
  genisoimage: 'genisoimage',
  genromfs: 'genromfs',
  'gfs2-utils': 'mkfs.gfs2',
  hfsutils: 'hformat',
  isolinux: '/usr/lib/ISOLINUX/isohdpfx.bin',
  jfsutils: 'mkfs.jfs',
  lvm2: 'pvcreate',
  makefs: 'makefs',
  'nilfs-tools': 'mkfs.nilfs2',
  'ntfs-3g': 'mkntfs',
  'ocfs2-tools': 'mkfs.ocfs2',
  parted: 'parted',
  reiserfsprogs: 'mkfs.reiserfs',
  'squashfs-tools': 'mksquashfs',
  udftools: 'mkudffs',
  xfsprogs: 'mkfs.xfs',
  xorriso: 'xorriso',
}
const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/**
 * Installs missing disk tools if possible, and returns the packages still missing.
 * @returns {string[]}
 */
export function ensureDiskTools() {
  const missing = findMissing()
  if (missing.length === 0) return []
  console.log(`Installing ${missing.length} tools that make disks for the tests (once) …`)
  // apt refuses all packages if this Debian release lacks one, so then try each alone.
  if (!installWithApt(missing)) for (const name of findMissing()) installWithApt([name])
  return findMissing()
}

function findMissing() {
  return Object.entries(packages).flatMap(([name, tool]) => (isThere(tool) ? [] : [name]))
}

/** @param {string} tool */
function isThere(tool) {
  return folders.some((folder) => fs.existsSync(tool.startsWith('/') ? tool : `${folder}/${tool}`))
}
