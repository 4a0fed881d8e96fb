import { expect, test } from 'vitest';
import { overdue, Slots } from '../../agent/src/host/slots.ts';

/** A look that answers when it is told to. */
function held() {
  let release = (_: string) => {
    throw new Error('not begun');
  };
  const work = () =>
    new Promise<string>((resolve) => {
      release = resolve as typeof release;
    });
  return { work, release: (value: string) => release(value) };
}

test('runs at most as many at once as there are slots, all of them in the end', async () => {
  const slots = new Slots(2, 1000);
  let running = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    return running--;
  };
  await Promise.all(Array.from({ length: 20 }, () => slots.run('/', work)));
  expect(most).toBe(2);
});

test('a look that hangs is overdue, its place is not touched again until it answers, others go on', async () => {
  const slots = new Slots(2, 20);
  const hung = held();
  expect(await slots.run('/nfs', hung.work)).toBe(overdue);
  expect(slots.stuck).toBe(1);
  expect(await slots.run('/nfs', async () => 'touched')).toBe(overdue);
  expect(await slots.run('/', async () => 'fine')).toBe('fine');
  hung.release('late');
  await new Promise((resolve) => setImmediate(resolve));
  expect(slots.stuck).toBe(0);
  expect(await slots.run('/nfs', async () => 'back')).toBe('back');
});

test('when every slot hangs, what waits is refused instead of waiting for ever', async () => {
  const slots = new Slots(2, 20);
  const [a, b] = [held(), held()];
  const first = Promise.all([slots.run('/a', a.work), slots.run('/b', b.work)]);
  const waiting = slots.run('/', async () => 'never');
  expect(await first).toEqual([overdue, overdue]);
  expect(await waiting).toBe(overdue);
  expect(await slots.run('/', async () => 'never')).toBe(overdue);
  a.release('');
  b.release('');
});

test('work learns that nobody waits for it any more', async () => {
  const slots = new Slots(1, 10);
  const hung = held();
  let alive = () => true;
  await slots.run('/', (asked) => {
    alive = asked;
    return hung.work();
  });
  expect(alive()).toBe(false);
  hung.release('');
});

test('what lies below a place that hangs is not touched either, its neighbours are', async () => {
  const slots = new Slots(3, 20);
  const hung = held();
  expect(await slots.run('/etc/cni', hung.work)).toBe(overdue);
  const touched: string[] = [];
  const ask = (place: string) => slots.run(place, async () => touched.push(place));
  await Promise.all(['/etc/cni/net.d', '/etc/cni', '/etc/cni2', '/etc'].map(ask));
  expect(touched).toEqual(['/etc/cni2', '/etc']);
  hung.release('late');
});
