import type { Pack, ResourceState, VersionSource } from '@plumbline/core';
import type { Deliveries } from '../alert/delivery/delivery.ts';
import type { AlertPorts } from '../alert/start-telling.ts';
import type { Presence } from '../judging/presence.ts';
import type { Scanning } from '../scans/scanning.ts';
import type { AuditLog } from '../store/audit.ts';
import type { VerdictsBetween } from '../store/consequences.ts';
import type { DecisionTable } from '../store/decision-table.ts';
import type { DriftQueries } from '../store/drift.ts';
import type { FindingQueries } from '../store/finding-query.ts';
import type { Journal } from '../store/journal.ts';
import type { NodeRecord } from '../store/node-table.ts';
import type { OutboxQueries } from '../store/outbox-queries.ts';
import type { Past } from '../store/past.ts';
import type { Coverage } from '../waivers/coverage.ts';
import type { Standing } from '../waivers/standing.ts';
import type { Access } from './access.ts';
import type { HubLimits } from './events/hub.ts';

/** Where the list of nodes comes from and how it is doing. */
export interface NodeListState {
  readonly source: 'cluster' | 'agents';
  readonly synced: boolean;
  readonly lastEventAt: number | null;
  readonly error: string | null;
}

/** How one watched resource of the cluster is doing. */
export interface ResourceStatus {
  readonly resource: string;
  readonly state: ResourceState;
  readonly lastEventAt: number | null;
  readonly objects: number;
}

/** Verdicts of a moment that were judged once more, with what was known of nodes and the cluster then. */
export interface RejudgedParts
  extends Pick<
    ApiParts,
    | 'queries'
    | 'nodes'
    | 'presence'
    | 'controlPlaneVersion'
    | 'controlPlaneFrom'
    | 'resources'
    | 'generation'
    | 'coverage'
  > {
  readonly at: number;
  readonly isRejudged: true;
}

/** Alerts on their way out. */
export interface DeliveryParts extends Pick<Deliveries, 'receivers' | 'test'>, Pick<OutboxQueries, 'deliveries'> {
  /** Why the alerts file as it lies is not used; null when it is. */
  readonly fileError: () => string | null;
}

/** What the API shows and lets be done, as ports. Times are milliseconds. */
export interface ApiParts extends Pick<Scanning, 'scans' | 'schedules' | 'gaps'> {
  readonly pack: Pack;
  readonly queries: FindingQueries;
  readonly drift: DriftQueries;
  readonly journal: Journal;
  /** Of the event stream; the usual ones when absent. */
  readonly hubLimits?: HubLimits;
  readonly verdictsBetween: VerdictsBetween;
  readonly nodes: () => readonly NodeRecord[];
  /** Waivers and attestations, what they cover and how each stands; and who did what. */
  readonly decisions: DecisionTable;
  readonly coverage: Coverage;
  readonly standing: Standing;
  readonly audit: AuditLog;
  /** Whether somebody reports from a node right now. */
  readonly presence: (node: NodeRecord) => Presence;
  /** Seconds that the clock of a node is ahead (negative: behind) where it is off by more than is tolerated, else null. */
  readonly clockSkew: (node: string) => number | null;
  readonly clusterName: string | null;
  /** `v1.34.4`, null while unknown. */
  readonly controlPlaneVersion: () => string | null;
  /** Who says it. */
  readonly controlPlaneFrom: () => VersionSource | null;
  /** The same of an instant, with those of kubelets ('' where nobody told); undefined where nobody recorded them. */
  readonly versionsAt: Past['versions'];
  /** Version of kubelets that nobody tells, null when none was given. */
  readonly fallbackVersion: string | null;
  readonly nodeList: () => NodeListState;
  /** Every resource that controls read; empty without a cluster. */
  readonly resources: () => readonly ResourceStatus[];
  /** Globs of the namespaces that are left out of everything. */
  readonly exclusions: readonly string[];
  readonly isSystemNamespace: (name: string) => boolean;
  /** Checks of readiness by name: null when fine, else why not, in one sentence. */
  readonly readiness: Readonly<Record<string, () => string | null>>;
  /** What a reader of /readyz should know although it does not make the server unready. */
  readonly notices: Readonly<Record<string, () => string | null>>;
  readonly alerts: AlertPorts;
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
  /** A request to a route was answered with this status, within so many seconds. */
  readonly requested: (route: string, status: number, seconds: number) => void;
  /** Judges a moment (now when absent) once more, by a document or what is chosen by the versions of then; see past/rejudgings.ts. */
  readonly rejudged: (at: number | undefined, benchmark: string | undefined) => Promise<RejudgedParts>;
  /** True where these are verdicts of another time that were judged just now. */
  readonly isRejudged?: boolean;
  readonly clock: () => number;
  readonly generation: () => number;
  readonly access: Access;
  readonly delivery: DeliveryParts;
  readonly version: string;
}
