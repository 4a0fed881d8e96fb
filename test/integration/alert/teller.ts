/** A process that decides alerts and delivers them until it is killed: `teller.ts DATABASE URL FROM COUNT`. Says on stdout what is committed. */
import { writeSync } from 'node:fs';
import { readAlerts } from '../../../aggregator/src/alert/config.ts';
import { startDelivery } from '../../../aggregator/src/alert/delivery/delivery.ts';
import { openStore } from '../../../aggregator/src/store/store.ts';
import { message } from '../../aggregator/alert/message.ts';

const [database = '', url = '', from = '0', count = '0'] = process.argv.slice(2);
const config = readAlerts(
  'alerts.yaml',
  `receivers: [{name: hook, kind: webhook, url: "${url}", allowPrivate: true, allowHttp: true}]`,
);
const store = await openStore(database);
const delivery = startDelivery({
  outbox: store.outbox,
  file: { current: () => config, onChange: () => undefined },
  clock: Date.now,
  cluster: null,
  tried: () => undefined,
  lost: () => undefined,
  failed(error) {
    throw error;
  },
});
const say = (line: string) => writeSync(1, `${line}\n`);
for (let index = Number(from); index < Number(from) + Number(count); index++) {
  const alert = `alert-${index}`;
  store.outbox.add(message({ alert }), ['hook']);
  say(`${alert}.1`);
  await new Promise((resolve) => setTimeout(resolve, 5));
  if (index % 3 !== 0) continue;
  store.outbox.add(message({ alert, status: 'resolved' }), ['hook']);
  say(`${alert}.2`);
}
while (store.outbox.standing('hook').pending > 0) await new Promise((resolve) => setTimeout(resolve, 20));
await delivery.stop();
store.close();
say('done');
