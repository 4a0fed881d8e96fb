import type { Observation } from '@plumbline/core';
import { type Engine, type EngineParts, startEngine } from '../../../aggregator/src/alert/engine.ts';
import type { AlertMessage } from '../../../aggregator/src/alert/message.ts';
import { type Rule, ruleOf } from '../../../aggregator/src/alert/rules.ts';
import type { JudgedCluster } from '../../../aggregator/src/judging/judged-cluster.ts';
import { type Judging, startJudging } from '../../../aggregator/src/judging/judging.ts';
import { openStore, type Store } from '../../../aggregator/src/store/store.ts';
import { shippedPack } from '../../pack.ts';
import { freshFile, observations, type Shown, send, smallPack, start } from '../world.ts';

/** One message as it went out, in a line: `0.4 firing 1 regress 4.1.1 one,two`. */
export type Line = string;

/** A store, its judging and its alerts under a clock that a test moves. */
export interface Told {
  readonly store: Store;
  readonly engine: Engine;
  readonly judging: Judging;
  readonly messages: readonly AlertMessage[];
  lines(): readonly Line[];
  /** Milliseconds since the start. */
  now(): number;
  /** An agent says what its node shows. */
  shows(node: string, shown: Shown, agent?: string): Promise<void>;
  /** The same, fact by fact. */
  sees(node: string, all: readonly Observation[]): Promise<void>;
  /** Time passes, and everything that is due in it happens at its moment. */
  pass(seconds: number): Promise<void>;
  settle(): Promise<void>;
  /** The process ends without a word, and begins again. */
  restart(version?: string): Promise<void>;
  end(): void;
}

/** How a test is set up. */
export interface Telling {
  readonly rules?: readonly Rule[];
  readonly parts?: Partial<EngineParts>;
  readonly pack?: ReturnType<typeof smallPack>;
  readonly cluster?: () => JudgedCluster;
}

/** The rules of these tests: what is built in, told to one receiver. */
export const everyRule: readonly Rule[] = [
  ruleOf({ name: 'regress', on: 'regress', receivers: ['all'] }),
  ruleOf({ name: 'error', on: 'error', receivers: ['all'] }),
  ruleOf({ name: 'silent', on: 'silent', receivers: ['all'] }),
];

/** Without nodes that fall silent because a test lets time pass. */
const changesAlone = everyRule.filter((rule) => rule.on !== 'silent');

/** Starts one. */
export async function telling({ rules = changesAlone, parts, pack, cluster }: Telling = {}): Promise<Told> {
  const file = freshFile();
  const messages: AlertMessage[] = [];
  const sequences = new Map<string, bigint>();
  let now = start;
  const clock = () => now;
  let store = await openStore(file);
  let judging = judge();
  let engine = alert();
  const told: Told = {
    get store() {
      return store;
    },
    get engine() {
      return engine;
    },
    get judging() {
      return judging;
    },
    messages,
    lines: () => messages.map(lineOf),
    now: () => now - start,
    async shows(node, shown, agent = '0.1.0') {
      const all = observations(shown).map((one) =>
        one.fact === 'node.agent' ? { ...one, value: { version: agent, capabilities: [] } } : one,
      );
      await sees(node, all);
    },
    sees,
    async pass(seconds) {
      const until = now + seconds * 1000;
      for (let next = due(); next !== null && next <= until; next = due()) {
        now = Math.max(now, next);
        await settle();
      }
      now = until;
      await settle();
    },
    settle,
    async restart(version) {
      end();
      store = await openStore(file);
      if (version !== undefined) store.rememberProgram(version, now);
      judging = judge();
      engine = alert();
      await settle();
    },
    end,
  };
  return told;

  function due(): number | null {
    return store.alerts.table.nextDue();
  }

  async function sees(node: string, all: readonly Observation[]): Promise<void> {
    const sequence = (sequences.get(node) ?? 0n) + 1n;
    sequences.set(node, sequence);
    send(store, node, all, (now - start) / 1000, sequence);
    await settle();
  }

  async function settle(): Promise<void> {
    await judging.settle();
    await engine.settle();
  }

  function end(): void {
    engine.stop();
    judging.stop();
    store.close();
  }

  function judge(): Judging {
    const made = startJudging({
      store,
      pack: pack ?? (cluster ? shippedPack() : smallPack()),
      clock,
      controlPlaneVersion: () => 'v1.34.1',
      fallbackVersion: 'v1.34.1',
      benchmark: undefined,
      interval: 60_000,
      changed: () => undefined,
      judged: () => undefined,
      failed: rethrow,
    });
    if (cluster) made.look(cluster());
    return made;
  }

  function alert(): Engine {
    const { table, verdicts, transact } = store.alerts;
    return startEngine({
      journal: store.journal,
      ...{ table, verdicts, transact, rules, clock },
      outbox: { add: (message) => void messages.push(message) },
      around: { cluster: 'test', url: 'https://plumbline.test', remedyOf: (control) => `Mend ${control}.` },
      waived: () => false,
      levels: {},
      told: () => undefined,
      failed: rethrow,
      ...parts,
    });
  }

  function lineOf({ changedAt, status, revision, rule, control, nodes, subjects, nodesTotal }: AlertMessage): Line {
    const where = nodesTotal > 3 ? `${nodesTotal} nodes` : nodes.length > 0 ? nodes.join() : subjects.join();
    const seconds = Math.round((changedAt - start) / 100) / 10;
    return [seconds, status, revision, rule, ...(control ? [control.number] : []), where].join(' ');
  }
}

function rethrow(error: unknown): never {
  throw error;
}
