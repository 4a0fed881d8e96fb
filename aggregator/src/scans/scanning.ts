import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeListState, ResourceStatus } from '../api/parts.ts';
import type { Reports } from '../api/reports.ts';
import { isCurrent, type Presence } from '../judging/presence.ts';
import type { NodeRecord } from '../store/node-table.ts';
import type { Gap } from '../store/scans.ts';
import type { Store } from '../store/store.ts';
import { asking } from './asking.ts';
import { gapsOf, gapsText, isLookedAt } from './gaps.ts';
import { type Picture, type Scans, startScans } from './scans.ts';
import { type Schedules, startSchedules } from './schedules.ts';

/** What scans and schedules are made of, as ports. Times are milliseconds. */
export interface ScanningParts {
  readonly store: Pick<Store, 'scans' | 'schedules' | 'nodes'>;
  readonly clock: () => number;
  readonly within: number;
  readonly version: string;
  readonly presence: (node: NodeRecord) => Presence;
  readonly nodeList: () => NodeListState;
  readonly resources: () => readonly ResourceStatus[];
  readonly counting: () => Pick<Reports, 'summary' | 'nodes'>;
  /** Nodes whose agents are connected, and how they are asked to look. */
  readonly connected: () => readonly string[];
  readonly lookNow: (token: string) => void;
  readonly settle: () => Promise<void>;
  /** Everything that was stored has been judged; before, nothing is due. */
  readonly caughtUp: () => boolean;
  readonly failed: (error: unknown) => void;
}

/** Scans on demand and by schedule, wired together. */
export interface Scanning {
  readonly scans: Scans;
  readonly schedules: Schedules;
  /** What cannot be known now. */
  readonly gaps: () => readonly Gap[];
  /** The side of ingest. */
  readonly wanted: () => string | undefined;
  readonly onAnswered: (node: string, token: string) => void;
  stop(): Promise<void>;
}

/** Gaps that a scan keeps; their number is always said. */
const mostGaps = 100;
const tickMs = 5000;

/** Starts scanning; schedules are looked at from now on. */
export function startScanning(parts: ScanningParts): Scanning {
  const { store, clock } = parts;
  const agents = asking({ lookNow: parts.lookNow, expected });
  const scans = startScans({
    table: store.scans,
    ...{ clock, agents, picture, settle: parts.settle },
    ...{ within: parts.within, version: parts.version, failed: parts.failed },
    wait: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
  });
  const schedules = startSchedules({
    table: store.schedules,
    ...{ clock, failed: parts.failed },
    run: ({ name, note }) => void scans.start({ trigger: 'schedule', by: name, note }),
  });
  const ticking = setInterval(() => {
    if (parts.caughtUp()) schedules.tick();
  }, tickMs).unref();
  return {
    ...{ scans, schedules },
    gaps: () => gaps(new Set()),
    wanted: agents.wanted,
    onAnswered: agents.answered,
    async stop() {
      clearInterval(ticking);
      await scans.stop();
    },
  };

  /** Whoever is connected or was heard lately, but for nodes that are gone. */
  function expected(): readonly string[] {
    const names = new Set(parts.connected());
    for (const node of store.nodes.all()) {
      if (node.deletedAt !== null) names.delete(node.name);
      else if (isCurrent(node) && isLookedAt(node) && parts.presence(node) === 'reporting') names.add(node.name);
    }
    return [...names];
  }

  function gaps(silent: ReadonlySet<string>): readonly Gap[] {
    const { presence, nodeList, resources, counting } = parts;
    return gapsOf({ nodes: counting().nodes(), presence, nodeList: nodeList(), resources: resources() }, silent);
  }

  function picture(at: number, silent: readonly string[], judged: boolean): Picture | undefined {
    const { whole, documents } = parts.counting().summary(at);
    if (whole.total === 0) return undefined;
    const nodes = parts.counting().nodes();
    const supported = nodes.filter(isLookedAt);
    const reporting = supported.filter((node) => parts.presence(node) === 'reporting').length;
    const late: readonly Gap[] = judged ? [] : [{ kind: 'judging', name: 'judging', reason: 'late' }];
    const all = [...gaps(new Set(silent)), ...late];
    return {
      result: {
        summary: whole,
        documents,
        nodes: {
          ...{ total: nodes.length, reporting, notReporting: supported.length - reporting },
          unsupported: nodes.length - supported.length,
        },
        gaps: all.slice(0, mostGaps),
        gapsTotal: all.length,
      },
      message: gapsText(all, nodes.length),
    };
  }
}
