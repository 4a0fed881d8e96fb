import type { Observation, ObservationState } from '@plumbline/core';

/** Wire names live here and nowhere else. Shapes as @grpc/proto-loader gives them (longs String, enums String, oneofs). */
export interface WireObservation {
  readonly fact: string;
  readonly subject: string;
  readonly state: string;
  readonly value: string;
  readonly detail: string;
  readonly observedAt: string;
}

export interface WireKey {
  readonly fact: string;
  readonly subject: string;
}

export interface Hello {
  readonly node: string;
  readonly agentVersion: string;
  readonly lastEpoch: string;
  readonly lastAcknowledged: string;
  readonly digest: string;
}

export interface Snapshot {
  readonly chunk: number;
  readonly chunks: number;
  readonly observations: readonly WireObservation[];
  readonly digest: string;
}

export interface Delta {
  readonly changed: readonly WireObservation[];
  readonly gone: readonly WireKey[];
  readonly digest: string;
}

export interface Heartbeat {
  readonly digest: string;
  readonly observedAt: string;
  /** Token of the last look-now that the look began after, empty or absent when there was none. */
  readonly answers?: string;
}

/** Exactly one body is set. `sequence` is a decimal text (uint64). */
export interface NodeMessage {
  readonly sequence: string;
  readonly epoch: string;
  readonly hello?: Hello;
  readonly snapshot?: Snapshot;
  readonly delta?: Delta;
  readonly heartbeat?: Heartbeat;
}

/** Exactly one body is set. */
export interface AggregatorMessage {
  readonly welcome?: { readonly epoch: string; readonly resync: boolean; readonly facts: readonly string[] };
  readonly acknowledge?: { readonly epoch: string; readonly sequence: string };
  readonly resync?: { readonly reason: string };
  readonly lookNow?: { readonly token: string };
  readonly interval?: { readonly seconds: number };
  readonly close?: { readonly code: string; readonly message: string; readonly retryAfterSeconds: number };
}

const wireOfState: Readonly<Record<ObservationState, string>> = {
  observed: 'OBSERVED',
  absent: 'ABSENT',
  denied: 'DENIED',
  malformed: 'MALFORMED',
  'too-large': 'TOO_LARGE',
  'timed-out': 'TIMED_OUT',
  unsupported: 'UNSUPPORTED',
};

const stateOfWire = new Map(Object.entries(wireOfState).map(([state, wire]) => [wire, state as ObservationState]));

/** An observation as it travels. */
export function toWire(observation: Observation): WireObservation {
  return {
    fact: observation.fact,
    subject: observation.subject,
    state: wireOfState[observation.state],
    value: observation.state === 'observed' ? JSON.stringify(observation.value ?? null) : '',
    detail: observation.detail ?? '',
    observedAt: observation.observedAt,
  };
}

/** An observation from the wire; undefined when its state or value cannot be read. Unknown facts are the caller's business. */
export function fromWire(wire: WireObservation): Observation | undefined {
  const state = stateOfWire.get(wire.state);
  if (!state || wire.fact === '' || wire.subject === '') return undefined;
  const base = { fact: wire.fact, subject: wire.subject, state, observedAt: wire.observedAt };
  const detail = wire.detail === '' ? {} : { detail: wire.detail };
  if (state !== 'observed') return { ...base, ...detail };
  try {
    return { ...base, value: JSON.parse(wire.value), ...detail };
  } catch {
    return undefined;
  }
}
