const gptTypes: Readonly<Record<string, string>> = {
  'C12A7328-F81F-11D2-BA4B-00A0C93EC93B': 'efi-system',
  '21686148-6449-6E6F-744E-656564454649': 'bios-boot',
  '9E1A2D38-C612-4316-AA26-8B49521E5A8B': 'prep-boot',
  '0FC63DAF-8483-4772-8E79-3D69D8477DE4': 'linux',
  // The Linux root partition for x86-64 and for ARM64, and other partitions with their own type.
  '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709': 'linux-root',
  'B921B045-1DF0-41C3-AF44-4C6F280D3FAE': 'linux-root',
  '8484680C-9521-48C6-9C11-B0720656F69E': 'linux-usr',
  '933AC7E1-2EB4-4F13-B844-0E14E2AEF915': 'linux-home',
  '4D21B016-B534-45C2-A9FB-5C16E091FD2D': 'linux-var',
  '3B8F8425-20E0-4F3B-907F-1A25A76F98E8': 'linux-srv',
  'BC13C2FF-59E6-4262-A352-B275FD6F7172': 'linux-boot',
  '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F': 'swap',
  'E6D6D379-F507-44C2-A23C-238F2A3DF928': 'lvm',
  'A19D880F-05FC-4D3B-A006-743F0F84911E': 'raid',
  'CA7D7CCB-63ED-4C53-861C-1742536059CC': 'luks',
  'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7': 'microsoft-data',
  'E3C9E316-0B5C-4DB8-817D-F92DF00215AE': 'microsoft-reserved',
  'DE94BBA4-06D1-4D40-A16A-BFD50179D6AC': 'microsoft-recovery',
  '83BD6B9D-7F41-11DC-BE0B-001560B84F0F': 'freebsd-boot',
  '516E7CB5-6ECF-11D6-8FF8-00022D09712B': 'freebsd-swap',
  '516E7CB6-6ECF-11D6-8FF8-00022D09712B': 'freebsd-ufs',
  '516E7CBA-6ECF-11D6-8FF8-00022D09712B': 'freebsd-zfs',
  '6A898CC3-1DD2-11B2-99A6-080020736631': 'zfs',
}

const mbrTypes: Readonly<Record<number, string>> = {
  1: 'fat',
  4: 'fat',
  6: 'fat',
  7: 'microsoft-data',
  11: 'fat',
  12: 'fat',
  14: 'fat',
  39: 'microsoft-recovery',
  130: 'swap',
  131: 'linux',
  142: 'lvm',
  165: 'freebsd',
  239: 'efi-system',
  253: 'raid',
}

/** The name of a GPT partition type, or the GUID if it is unknown. */
export function gptType(guid: string): string {
  return gptTypes[guid] ?? guid
}

/** The name of an MBR partition type, or its code as tools write it. */
export function mbrType(code: number): string {
  return mbrTypes[code] ?? `0x${code.toString(16).padStart(2, '0')}`
}
