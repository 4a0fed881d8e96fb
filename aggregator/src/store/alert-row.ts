import type { Severity } from '@plumbline/core';

/** Gathering: nobody was told yet. Firing: it was told, or recorded, that it began; resolved: that it ended. */
export type AlertState = 'gathering' | 'firing' | 'resolved';

/** Every state. */
export const alertStates: readonly AlertState[] = ['gathering', 'firing', 'resolved'];

/** One alert. Times are milliseconds. */
export interface AlertRecord {
  readonly id: number;
  /** What everybody else calls it by. */
  readonly key: string;
  readonly rule: string;
  /** Digest of what changed, by its rule. */
  readonly change: string;
  readonly state: AlertState;
  readonly severity: Severity;
  readonly title: string;
  /** The same in all its messages; null before the first. */
  readonly labels: Readonly<Record<string, string>> | null;
  /** Who was told last. */
  readonly receivers: readonly string[];
  /** When the first place went wrong. */
  readonly started: number;
  /** When the alert was made, by the clock of the engine, and when a place joined it last. */
  readonly created: number;
  readonly joined: number;
  readonly changed: number;
  /** When the last place stopped to be wrong; null while one is. */
  readonly ended: number | null;
  /** When it takes its next step; null when it waits for something to happen. */
  readonly due: number | null;
  /** Nothing is wrong any more, and it is not told yet. */
  readonly holding: boolean;
  /** Places that are wrong. */
  readonly open: number;
  /** How often it began again shortly after it ended. */
  readonly flaps: number;
  /** Messages so far. */
  readonly revision: number;
  readonly toldAt: number | null;
  /** Digest of what was told last. */
  readonly told: string | null;
}

/** What changes of an alert. */
export type AlertPatch = Partial<Omit<AlertRecord, 'id' | 'key' | 'rule' | 'change' | 'created'>>;

/** A row as SQLite gives it. */
export interface AlertRow {
  readonly id: number;
  readonly key: string;
  readonly rule: string;
  readonly change: string;
  readonly state: string;
  readonly severity: string;
  readonly title: string;
  readonly labels: string | null;
  readonly receivers: string;
  readonly started: number;
  readonly created: number;
  readonly joined: number;
  readonly changed: number;
  readonly ended: number | null;
  readonly due: number | null;
  readonly holding: number;
  readonly open: number;
  readonly flaps: number;
  readonly revision: number;
  readonly told_at: number | null;
  readonly told: string | null;
}

/** The alert that a row holds. Only this program writes rows, so that their words are known. */
export function alertOf({ told_at, labels, receivers, state, severity, holding, ...same }: AlertRow): AlertRecord {
  return {
    ...same,
    state: state as AlertState,
    severity: severity as Severity,
    labels: labels === null ? null : (JSON.parse(labels) as Record<string, string>),
    receivers: JSON.parse(receivers) as string[],
    holding: holding === 1,
    toldAt: told_at,
  };
}

/** The cells of an alert, by the names of their columns. */
export function cellsOf({
  toldAt,
  labels,
  receivers,
  holding,
  ...same
}: Omit<AlertRecord, 'id'>): Omit<AlertRow, 'id'> {
  return {
    ...same,
    labels: labels && JSON.stringify(labels),
    receivers: JSON.stringify(receivers),
    holding: Number(holding),
    told_at: toldAt,
  };
}
