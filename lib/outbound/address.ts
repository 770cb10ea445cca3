import net from 'node:net'

// Where tenants' requests may go. Other addresses belong to the operator's network, whose services trust everything that
// reaches them (IANA's registries of special-purpose addresses).

const closed = new net.BlockList()
for (const [address, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  closed.addSubnet(address, bits, 'ipv4')
// Only 2000::/3 of IPv6 is public; these ranges within it are not, or embed an IPv4 address.
for (const [address, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  closed.addSubnet(address, bits, 'ipv6')
const open = new net.BlockList()
open.addSubnet('2000::', 3, 'ipv6')

/** Whether an address, as a resolver or a URL writes it, is on the public internet. */
export function isPublicAddress(address: string): boolean {
  if (net.isIPv4(address)) return !closed.check(address, 'ipv4')
  if (!net.isIPv6(address)) return false
  return open.check(address, 'ipv6') && !closed.check(address, 'ipv6')
}
