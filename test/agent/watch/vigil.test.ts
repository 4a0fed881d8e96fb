import { chmodSync, cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type WatchingAgent, type WatchingOptions, watchingAgent } from './watching-agent.ts';

const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const running: WatchingAgent[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.close();
});

async function agent(options?: WatchingOptions): Promise<WatchingAgent> {
  const one = await watchingAgent(options);
  running.push(one);
  return one;
}

test('a change is looked at at once, and the node is whole from the second look on', async () => {
  const { vigil, story, until, at } = await agent();
  expect(vigil.whole).toBe(true);
  expect(vigil.coverage.unwatched).toEqual([]);
  const { looks } = story;
  chmodSync(at(manifest), 0o666);
  await until(() => story.changes.length > 0);
  expect(story.changes).toEqual([`file ${manifest}`]);
  expect(story.looks).toBe(looks + 1);
});

test('thousands of changes cost few looks, and the last is seen', async () => {
  const { story, until, at } = await agent();
  const { looks } = story;
  const began = performance.now();
  for (let count = 0; count < 100; count++) {
    for (let more = 0; more < 20; more++) writeFileSync(at(`/etc/kubernetes/pki/storm-${more}.crt`), `${count}`);
    await sleep(5);
  }
  writeFileSync(at('/etc/kubernetes/pki/last.crt'), 'no certificate');
  await until(
    () =>
      story.now.has('certificates\0/etc/kubernetes/pki/last.crt') ||
      [...story.now.keys()].some((key) => key.endsWith('last.crt')),
  );
  const seconds = (performance.now() - began) / 1_000;
  expect(story.looks - looks).toBeGreaterThan(1);
  expect(story.looks - looks).toBeLessThanOrEqual(4 * seconds + 3);
});

test('what changes during a look is looked at after it', async () => {
  let path = '';
  const change = () => {
    if (path === '') return;
    writeFileSync(`${path}.new`, readFileSync(path));
    chmodSync(`${path}.new`, 0o666);
    renameSync(`${path}.new`, path);
    path = '';
  };
  const { story, until, at } = await agent({ during: change });
  path = at('/etc/kubernetes/admin.conf');
  chmodSync(at(manifest), 0o666);
  await until(() => story.changes.includes('file /etc/kubernetes/admin.conf'));
  expect(story.changes[0]).toBe(`file ${manifest}`);
});

test('where not everything can be watched the node is not whole, and the agent says what', async () => {
  const { story, vigil } = await agent({ mostWatched: 5 });
  expect(vigil.whole).toBe(false);
  expect(vigil.coverage.watched).toBe(5);
  const agentFact = story.now.get('node.agent\0node')?.wire.value ?? '';
  expect(JSON.parse(agentFact).unwatched[0]).toMatch(/: more than 5 directories$/);
});

test('a component that ends is missed at once, and its successor found', async () => {
  const one = await agent({ times: { list: 50, hurry: 20 } });
  const { story, until, at } = one;
  const pidNow = () => {
    const instance = story.now.get('process.instance\0kubelet@kubelet.service')?.wire.value;
    return instance === undefined ? undefined : Number(JSON.parse(instance).pid);
  };
  const pid = pidNow();
  expect(pid).toBeGreaterThan(1);
  cpSync(at(`/proc/${pid}`), at('/aside'), { recursive: true, verbatimSymlinks: true });
  rmSync(at(`/proc/${pid}`), { recursive: true });
  await until(() => pidNow() === undefined);
  const stat = readFileSync(at('/aside/stat'), 'utf8');
  writeFileSync(at('/aside/stat'), stat.replace(/^\d+/, '99999'));
  renameSync(at('/aside'), at('/proc/99999'));
  await until(() => pidNow() === 99_999);
});
