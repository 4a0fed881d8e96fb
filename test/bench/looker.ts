/** `node looker.ts ROOT LOOKS` looks at a node so often and prints the bytes that the last look read. Run under strace by host-calls.ts. */
import { readFileSync } from 'node:fs';
import { Bystanders, observeNode, realHost } from '@plumbline/agent';
import { shippedPack } from '../pack.ts';

const [root = '/', looks = '1'] = process.argv.slice(2);
const host = realHost(root);
const pack = shippedPack();
const bystanders = new Bystanders();
const read = () => Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
let last = 0;
for (let look = 0; look < Number(looks); look++) {
  const before = read();
  await observeNode({ host, pack, clock: () => new Date().toISOString(), versions: {}, bystanders });
  last = read() - before;
}
console.log(last);
