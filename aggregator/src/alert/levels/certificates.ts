import type { CertificatesValue, KubeconfigValue, Observation } from '@plumbline/core';
import { neutral } from '@plumbline/core';
import { fits } from '../on/watcher.ts';
import { type Problem, placeOf } from '../problem.ts';
import type { Rule } from '../rules.ts';
import type { Level } from './level.ts';

/** What is read of nodes. */
export interface CertificateSources {
  /** Names of the nodes that are there. */
  readonly nodes: () => readonly string[];
  readonly fact: (
    node: string,
    fact: string,
  ) => { readonly content: string; readonly read: () => readonly Observation[] };
}

/** One certificate of a node: where it lies, whose it is, and its dates in milliseconds. */
interface Dated {
  readonly path: string;
  readonly whose: string;
  readonly from: number;
  readonly until: number;
}

interface Known {
  readonly content: string;
  readonly certificates: readonly Dated[];
}

/** Nodes that one look asks: thousands are asked in turns, so that nobody waits. */
const nodesOfALook = 200;
/** Certificates that are renewed by themselves live short lives: before the last tenth of one nothing is late. */
const lastPart = 10;
const facts = ['certificates', 'kubeconfig'] as const;

/** Certificates of nodes that end soon, or ended: the first of each file and those of users of kubeconfigs. */
export function certificateLevel(sources: CertificateSources): Level {
  const known = new Map<string, Known>();
  let queue: string[] = [];
  let asked: number | undefined;
  let whole = false;
  return {
    problems(rule, now) {
      // Several rules look at one moment: they share what was read.
      if (asked !== now) look();
      asked = now;
      if (!whole) return undefined;
      const there = new Set(sources.nodes());
      return [...known].flatMap(([node, { certificates }]) =>
        there.has(node) && (rule.nodes === null || fits(rule.nodes, node))
          ? certificates.flatMap((one) => problemOf(rule, node, one, now) ?? [])
          : [],
      );
    },
  };

  function look(): void {
    if (queue.length === 0) queue = [...sources.nodes()];
    for (const node of queue.splice(0, nodesOfALook)) read(node);
    whole ||= queue.length === 0;
  }

  function read(node: string): void {
    const seen = facts.map((fact) => sources.fact(node, fact));
    const content = seen.map((one) => one.content).join(' ');
    if (known.get(node)?.content === content) return;
    known.set(node, { content, certificates: seen.flatMap((one) => one.read().flatMap(datedOf)) });
  }
}

function datedOf({ fact, subject, state, value }: Observation): readonly Dated[] {
  if (state !== 'observed') return [];
  if (fact === 'certificates') {
    const [first] = (value as unknown as CertificatesValue).certificates;
    return first ? dated(subject, first.subject, first) : [];
  }
  return (value as unknown as KubeconfigValue).users.flatMap(({ name, certificate }) =>
    certificate ? dated(subject, name, certificate) : [],
  );
}

function dated(path: string, whose: string, { notBefore, notAfter }: { notBefore: string; notAfter: string }): Dated[] {
  const [from, until] = [Date.parse(notBefore), Date.parse(notAfter)];
  return Number.isFinite(from) && Number.isFinite(until) ? [{ path, whose, from, until }] : [];
}

function problemOf(rule: Rule, node: string, { path, whose, from, until }: Dated, now: number): Problem | undefined {
  if (!fits(rule.subjects, path)) return undefined;
  const within = Math.min(rule.within, (until - from) / lastPart);
  if (until - now > within) return undefined;
  const ended = until <= now;
  const day = new Date(until).toISOString();
  return {
    place: placeOf('certificate', node, path, whose),
    node,
    subject: path,
    detail: {
      control: null,
      severity: ended ? 'critical' : 'high',
      before: null,
      after: null,
      values: [{ fact: 'certificates', subject: path, key: 'notAfter', from: null, to: day, origin: `file ${path}` }],
      says: ended ? `The certificate in ${path} has ended.` : `The certificate in ${path} ends soon.`,
    },
    change: placeOf(neutral(path, node), ended ? 'ended' : 'ends'),
    joins: 'slowly',
    at: now,
    ripe: now,
  };
}
