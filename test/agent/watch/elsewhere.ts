/** `node elsewhere.ts ROOT`, run in namespaces of a test: looks twice at two directories, prints what is watched, then a line for every change. */
import { realHost } from '../../../agent/src/index.ts';

const host = realHost(process.argv[2] ?? '/');
let looking = true;
const changed = () => {
  if (!looking) console.log('changed');
};
const eyes = host.watch?.({ changed });
for (let look = 0; look < 2; look++) {
  await host.list('/etc/one');
  await host.list('/etc/two');
  await host.refresh();
}
looking = false;
console.log(JSON.stringify(eyes?.coverage));
setTimeout(() => process.exit(), 20_000);
