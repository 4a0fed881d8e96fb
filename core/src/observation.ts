import type { Json } from './json.ts';

/** How looking for a fact ended. Only `observed` carries a value that can be judged. */
export type ObservationState =
  | 'observed'
  | 'absent'
  | 'denied'
  | 'malformed'
  | 'too-large'
  | 'timed-out'
  | 'unsupported';

export const observationStates: readonly ObservationState[] = [
  'observed',
  'absent',
  'denied',
  'malformed',
  'too-large',
  'timed-out',
  'unsupported',
];

/**
 * Value or state of one fact of one subject at one time.
 * `detail` says why the state is not `observed` (one line, no secret); `observedAt` is the node's clock, ISO 8601 UTC.
 */
export interface Observation {
  readonly fact: string;
  readonly subject: string;
  readonly state: ObservationState;
  readonly value?: Json;
  readonly detail?: string;
  readonly observedAt: string;
}

/** Where a value came from. `path` is the file on the host (or the API path), `key` the flag or field. */
export interface Origin {
  readonly kind:
    | 'flag'
    | 'file'
    | 'drop-in'
    | 'environment'
    | 'default'
    | 'stat'
    | 'process'
    | 'manifest'
    | 'object'
    | 'derived';
  readonly path?: string;
  readonly key?: string;
  readonly pid?: number;
  /** Kubernetes minor (`1.34`) whose default it is. */
  readonly version?: string;
}

/** One line that an operator can follow to the place: `flag --profiling of pid 812`. */
export function originText(origin: Origin): string {
  const key = origin.key ?? '';
  const file = origin.path ?? '';
  switch (origin.kind) {
    case 'flag':
      return `flag --${key}${origin.pid === undefined ? '' : ` of pid ${origin.pid}`}`;
    case 'environment':
      return `environment variable ${key}${file ? ` in ${file}` : ''}`;
    case 'default':
      return origin.version ? `default of ${origin.version}` : 'default';
    case 'file':
    case 'drop-in':
      return [origin.kind === 'file' ? 'file' : 'drop-in', file, key].filter(Boolean).join(' ');
    case 'stat':
      return ['stat of', file, key].filter(Boolean).join(' ');
    case 'process':
      return origin.pid === undefined ? 'process list' : `process ${origin.pid}`;
    case 'manifest':
      return ['manifest', file, key].filter(Boolean).join(' ');
    case 'object':
      return ['object', file, key].filter(Boolean).join(' ');
    case 'derived':
      return key ? `derived from ${key}` : 'derived';
  }
}
