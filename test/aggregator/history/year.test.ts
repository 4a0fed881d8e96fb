import { expect, test } from 'vitest';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { changesADay, dayMs, fleetYear } from '../../bench/year.ts';
import { rowsOf } from '../store/references.ts';
import { freshFile, start } from '../world.ts';

/** A fifth of the nodes and so of the bytes: all hundred take a minute. */
const nodes = 20;

test('needs 39: a year of 100 nodes with ten changes a day is less than 200 MB, and each day of it can be asked', async () => {
  const file = freshFile();
  const store = await openStore(file);
  const year = await fleetYear(store, { nodes, start });
  year.begin();
  for (let day = 0; day < 365; day++) year.day(day, true);
  store.checkpoint();
  const { database } = store.size();
  expect(rowsOf(file, 'fact', 'until IS NOT NULL')).toBeGreaterThan(nodes * changesADay * 363);
  expect(database / 1_000_000).toBeLessThan((200 * nodes) / 100);
  const id = store.nodes.get('node-7')?.id ?? -1;
  const modeOn = (day: number) => {
    const shown = store.queries.observations(id, start + (day + 2) * dayMs - 1);
    const found = shown.find((one) => one.subject === '/var/lib/kubelet/config.yaml' && one.fact === 'file');
    return found && (found.value as { mode: string }).mode;
  };
  expect([0, 1, 180, 181, 364].map(modeOn)).toEqual(['0666', '0600', '0666', '0600', '0666']);
  const failing = (day: number) =>
    store.queries
      .tally(start + (day + 2) * dayMs - 1, id)
      .filter((one) => one.status === 'fail')
      .reduce((sum, one) => sum + one.count, 0);
  expect([0, 1, 180, 181].map(failing)).toEqual([failing(0), failing(0) - 1, failing(0), failing(0) - 1]);
  store.close();
}, 180_000);
