import { type ObservationState, observationStates } from '@plumbline/core';
import type { Coverage } from './host/index.ts';
import type { State } from './uplink/state.ts';

/** More kinds of ends than this are counted as `other`: the peer chooses the code. */
const mostCodes = 32;

const wireStates = new Map<string, ObservationState>(
  observationStates.map((state) => [state.toUpperCase().replaceAll('-', '_'), state]),
);

/** What the agent counts; `text` renders it for Prometheus. */
export class AgentMetrics {
  readonly #version: string;
  readonly #ends = new Map<string, number>();
  passes = 0;
  failures = 0;
  repeats = 0;
  lastSeconds = 0;
  lastPassAt = 0;
  connected = false;
  gaps = 0;
  spoolErrors = 0;
  /** Read when rendered. */
  vigil: { readonly noticed: number; readonly coverage: Coverage } | undefined;
  /** Read when rendered. */
  outbox: { readonly bytes: number; readonly length: number; readonly current: State } | undefined;

  constructor(version: string) {
    this.#version = version;
  }

  /** A stream ended with this code. */
  ended(code: string): void {
    const known = /^[A-Z_]{1,40}$/.test(code) && (this.#ends.has(code) || this.#ends.size < mostCodes);
    const name = known ? code : 'other';
    this.#ends.set(name, (this.#ends.get(name) ?? 0) + 1);
  }

  /** Prometheus text format 0.0.4. */
  text(): string {
    const states = this.#states();
    return [
      metric('build_info', 'gauge', 'Version of the agent.', [[`{version="${this.#version}"}`, 1]]),
      metric('passes_total', 'counter', 'Looks at the node.', [
        ['{result="done"}', this.passes],
        ['{result="failed"}', this.failures],
      ]),
      metric('pass_repeats_total', 'counter', 'Looks repeated because a component restarted meanwhile.', [
        ['', this.repeats],
      ]),
      metric('pass_duration_seconds', 'gauge', 'Duration of the last look.', [['', this.lastSeconds]]),
      metric('last_pass_timestamp_seconds', 'gauge', 'Start of the last look.', [['', this.lastPassAt]]),
      metric('watched_directories', 'gauge', 'Directories whose changes are noticed at once.', [
        ['', this.vigil?.coverage.watched ?? 0],
      ]),
      metric('unwatched', 'gauge', 'Directories, and /proc, whose changes are only seen by looking.', [
        ['', this.vigil?.coverage.unwatched.length ?? 0],
      ]),
      metric('changes_noticed_total', 'counter', 'Events and differences that a look followed.', [
        ['', this.vigil?.noticed ?? 0],
      ]),
      metric('observations', 'gauge', 'Observations held, by state.', states),
      metric('stream_connected', 'gauge', 'Is the stream to the aggregator open?', [['', Number(this.connected)]]),
      metric('stream_ends_total', 'counter', 'Ended streams, by code.', this.#endLines()),
      metric('outbox_bytes', 'gauge', 'Bytes of changes not acknowledged.', [['', this.outbox?.bytes ?? 0]]),
      metric('outbox_transitions', 'gauge', 'Changes not acknowledged.', [['', this.outbox?.length ?? 0]]),
      metric('outbox_merged_total', 'counter', 'Changes merged because the outbox was full.', [['', this.gaps]]),
      metric('spool_errors_total', 'counter', 'Failed reads and writes of the spool.', [['', this.spoolErrors]]),
    ].join('');
  }

  #states(): readonly (readonly [string, number])[] {
    const counts = new Map<ObservationState, number>(observationStates.map((state) => [state, 0]));
    for (const held of this.outbox?.current.values() ?? []) {
      const state = wireStates.get(held.wire.state);
      if (state) counts.set(state, (counts.get(state) ?? 0) + 1);
    }
    return [...counts].map(([state, count]) => [`{state="${state}"}`, count] as const);
  }

  #endLines(): readonly (readonly [string, number])[] {
    return [...this.#ends].map(([code, count]) => [`{code="${code}"}`, count] as const);
  }
}

function metric(name: string, type: string, says: string, values: readonly (readonly [string, number])[]): string {
  const full = `plumbline_agent_${name}`;
  const lines = values.map(([labels, value]) => `${full}${labels} ${value}`);
  return [`# HELP ${full} ${says}`, `# TYPE ${full} ${type}`, ...lines, ''].join('\n');
}
