/** Prints for each document how many of its entries have a check; part of `npm run check`. */

import { shippedPack } from './pack.ts';
import { unchecked } from './unchecked.ts';

const pack = shippedPack();
const lacking = new Set(unchecked(pack).map(({ benchmark, number }) => `${benchmark} ${number}`));
const lines = pack.benchmarks.map(({ benchmark, controls }) => {
  const checked = controls.filter((entry) => !lacking.has(`${benchmark} ${entry.number}`)).length;
  return `${benchmark} ${checked}/${controls.length}`;
});
console.log(`checks of entries: ${lines.join(', ')}`);
