import type { DecisionState } from '@plumbline/core';
import type { ServedWaiver } from '../server/waivers.ts';
import { escapeText } from '../text/escape.ts';
import type { Style } from '../text/paint.ts';
import { wrap } from '../text/wrap.ts';
import type { Sheet } from './format.ts';

const styles: Readonly<Record<DecisionState, Style>> = {
  active: 'green',
  unused: 'yellow',
  expired: 'red',
  ineffective: 'yellow',
};
const scopes = ['benchmark', 'cluster', 'node', 'nodeSelector', 'namespace', 'subject'] as const;

/** Waivers for people: what each is about, who answers for it, and how it stands. */
export function waiverLines(waivers: readonly ServedWaiver[], { width, paint }: Sheet): readonly string[] {
  if (waivers.length === 0) return ['There is no waiver.'];
  return waivers.flatMap((one) => {
    const scope = scopes.flatMap((name) => (one[name] === undefined ? [] : [`${name} ${one[name]}`]));
    const said = [
      `${one.kind}, owner ${one.owner}, until ${one.expires.slice(0, 10)}, made by ${one.createdBy}`,
      one.reason,
      ...(one.compensating === undefined ? [] : [`Covered by: ${one.compensating}`]),
      one.stateReason,
    ];
    return [
      `${paint('bold', escapeText(one.id))}  ${paint(styles[one.state], one.state)}  ${escapeText([one.control, ...scope].join(' · '))}`,
      ...said.flatMap((line) => wrap(escapeText(line), width - 4).map((part) => `    ${part}`)),
    ];
  });
}
