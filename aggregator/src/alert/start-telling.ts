import type { Pack } from '@plumbline/core';
import type { Reports } from '../api/reports.ts';
import { isCurrent } from '../judging/presence.ts';
import type { AlertQueries } from '../store/alert-queries.ts';
import type { Store } from '../store/store.ts';
import type { Coverage } from '../waivers/coverage.ts';
import { type Engine, startEngine } from './engine.ts';
import { certificateLevel } from './levels/certificates.ts';
import { scoreLevel } from './levels/score.ts';
import { waiverLevel } from './levels/waivers.ts';
import type { Outbox } from './message.ts';
import type { Look } from './on/watcher.ts';
import type { RuleSpec } from './rule-spec.ts';
import { type Rule, ruleOf, usualRules } from './rules.ts';

/** What an alerts file says of rules and to whom they may tell. */
export interface Configured {
  readonly rules: readonly RuleSpec[];
  readonly receivers: readonly { readonly name: string }[];
}

/** What telling takes. */
export interface TellingParts {
  readonly store: Store;
  readonly pack: Pack;
  readonly outbox: Outbox;
  readonly configured: Configured;
  readonly clock: () => number;
  readonly cluster: string | null;
  readonly url: string | null;
  readonly coverage: Pick<Coverage, 'of'>;
  readonly reports: () => Pick<Reports, 'summary'>;
  readonly caughtUp: () => boolean;
  readonly failed: (error: unknown) => void;
}

/** Alerts as the API shows them. */
export interface AlertPorts {
  readonly queries: AlertQueries;
  readonly rules: () => readonly Rule[];
  /** Nobody wrote rules down. */
  readonly builtIn: () => boolean;
}

/** Alerts of a running aggregator. */
export interface Telling extends AlertPorts {
  readonly engine: Engine;
  /** Alerts that began to fire since the start, by rule. */
  readonly fired: ReadonlyMap<string, number>;
  configure(now: Configured): void;
  stop(): void;
}

const keptMs = 400 * 86_400_000;
const pruneMs = 3_600_000;

/** Starts the engine on a store with the levels of an aggregator. */
export function startTelling(parts: TellingParts): Telling {
  const { store, clock } = parts;
  const { table, verdicts, transact, queries } = store.alerts;
  const fired = new Map<string, number>();
  let configured = parts.configured;
  const documents = () => (parts.caughtUp() ? parts.reports().summary().documents : undefined);
  const engine = startEngine({
    journal: store.journal,
    ...{ table, verdicts, transact, clock, outbox: parts.outbox, failed: parts.failed },
    rules: rulesOf(configured),
    around: {
      cluster: parts.cluster,
      url: parts.url,
      remedyOf: (control) => parts.pack.controls.get(control)?.remedy ?? null,
    },
    waived: waivedBy(parts.coverage),
    levels: {
      score: scoreLevel('score', documents),
      coverage: scoreLevel('coverage', documents),
      certificate: certificateLevel({
        nodes: () => store.nodes.all().flatMap((one) => (isCurrent(one) ? [one.name] : [])),
        fact: store.fact,
      }),
      waiver: waiverLevel(() => [...store.decisions.all('waiver'), ...store.decisions.all('attestation')]),
    },
    told({ rule, revision }) {
      if (revision === 1) fired.set(rule, (fired.get(rule) ?? 0) + 1);
    },
  });
  const pruning = setInterval(() => prune(), pruneMs).unref();
  return {
    engine,
    fired,
    queries,
    rules: engine.rules,
    builtIn: () => configured.rules.length === 0,
    configure(now) {
      configured = now;
      engine.change(rulesOf(now));
    },
    stop() {
      clearInterval(pruning);
      engine.stop();
    },
  };

  function prune(): void {
    try {
      transact(() => table.prune(clock() - keptMs));
    } catch (error) {
      parts.failed(error);
    }
  }
}

/** The rules of the file; where it names none, what is built in, told to every receiver. */
export function rulesOf({ rules, receivers }: Configured): readonly Rule[] {
  return rules.length > 0 ? rules.map(ruleOf) : usualRules(receivers.map((one) => one.name));
}

function waivedBy(coverage: Pick<Coverage, 'of'>): Look['waived'] {
  return ({ benchmark, control, subject, node, after }) =>
    after !== null && coverage.of({ benchmark, control, subject, node, status: after.status }).waiver !== null;
}
