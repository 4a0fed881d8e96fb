import type { JsonObject } from '../../../json.ts';
import { type CheckSet, checkNames, checkSet, withImplied } from '../../pod-security/index.ts';
import { type Probe, probesOf } from './probes.ts';

/** What a rule says of a pod; undefined where it cannot be evaluated. */
export type Rule = (pod: JsonObject) => 'refused' | 'admitted' | undefined;

/** What a rule refuses whole, and what only outside of ephemeral containers. `unclear`: it cannot be evaluated on some pod. */
export interface RuleEffect {
  readonly refused: CheckSet;
  readonly butEphemeral: CheckSet;
  readonly unclear: boolean;
}

/** Puts pods before a rule that break one check each. A check is refused where every one of them is, in whichever list the container is. */
export function effectOf(rule: Rule): RuleEffect {
  let unclear = false;
  const refuses = (probe: Probe) => {
    const answer = rule(probe.pod);
    if (answer === undefined) unclear = true;
    return answer === 'refused';
  };
  const sets = { whole: [] as string[], most: [] as string[] };
  for (const check of checkNames) {
    const probes = probesOf(check);
    if (!probes.filter(({ list }) => list !== 'ephemeralContainers').every(refuses)) continue;
    sets.most.push(check);
    if (probes.filter(({ list }) => list === 'ephemeralContainers').every(refuses)) sets.whole.push(check);
  }
  const refused = withImplied(checkSet(sets.whole));
  return { refused, butEphemeral: withImplied(checkSet(sets.most)) & ~refused, unclear };
}
