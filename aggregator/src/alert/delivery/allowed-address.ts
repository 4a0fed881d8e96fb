import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Services of clouds that hand out credentials, and ranges where nothing listens that somebody means. */
const never = blockList([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.100.100.200', 32], // metadata of Alibaba Cloud
  ['168.63.129.16', 32], // Azure's host
  ['192.0.0.192', 32], // metadata of Oracle Cloud, old
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
  ['fd00:ec2::254', 128], // metadata of AWS
  ['fd20:ce::254', 128], // metadata of Google Cloud
]);

const inside = blockList([
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['192.0.0.0', 24],
  ['198.18.0.0', 15],
  ['::1', 128],
  ['fc00::', 7],
]);

/** Ranges of IPv6 that carry an address of IPv4 in their last 32 bits, or (6to4) after the first 16. */
const carriers = blockList([
  ['::ffff:0:0', 96],
  ['::', 96],
  ['64:ff9b::', 96],
]);
const sixToFour = blockList([['2002::', 16]]);

/** Null when a receiver may be at this address, else why not. */
export function refusalOf(address: string, allowPrivate: boolean): string | null {
  const carried = carriedIn(address);
  if (carried !== undefined) return refusalOf(carried, allowPrivate);
  if (!isIPv4(address) && !isIPv6(address)) return `${address} is no address`;
  if (holds(never, address)) return `the address ${address} is link-local, reserved or a cloud's metadata`;
  if (holds(inside, address) && !allowPrivate)
    return `the address ${address} is private; allowPrivate: true lets it pass`;
  return null;
}

function carriedIn(address: string): string | undefined {
  if (!isIPv6(address) || address === '::' || address === '::1') return undefined;
  const groups = groupsOf(address);
  if (holds(carriers, address)) return dotted(groups.slice(6));
  return holds(sixToFour, address) ? dotted(groups.slice(1, 3)) : undefined;
}

/** The eight groups of an address that is known to be valid. */
function groupsOf(address: string): readonly number[] {
  const plain = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle = new Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...middle, ...right].map((group) => Number.parseInt(group, 16));
}

function dotted([high = 0, low = 0]: readonly number[]): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

function holds(list: BlockList, address: string): boolean {
  return list.check(address.split('%')[0] ?? '', isIPv6(address) ? 'ipv6' : 'ipv4');
}

function blockList(ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of ranges) list.addSubnet(net, prefix, isIPv6(net) ? 'ipv6' : 'ipv4');
  return list;
}
