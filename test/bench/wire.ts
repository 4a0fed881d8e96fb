import { findingsService, toWire } from '@plumbline/proto';
import { recorded, recordings } from './fleet.ts';
import type { Measure } from './measure.ts';

/** Bytes of a node's first snapshot and of an hour in which nothing happens, as protobuf before TLS. */
export async function benchWire(): Promise<readonly Measure[]> {
  const method = findingsService().service['StreamFindings'];
  if (!method) throw new Error('the service has no StreamFindings');
  const bytes = (message: object) => method.requestSerialize(message).length;
  const digest = 'a'.repeat(64);
  const measures: Measure[] = [];
  for (const name of recordings) {
    const observations = (await recorded(name)).map(toWire);
    measures.push({
      name: `first snapshot of ${name}`,
      value:
        bytes({ sequence: '1', epoch: 'e'.repeat(32), snapshot: { chunk: 0, chunks: 1, observations, digest } }) / 1024,
      unit: 'KiB',
    });
  }
  const heartbeat = bytes({
    sequence: '12345',
    epoch: 'e'.repeat(32),
    heartbeat: { digest, observedAt: '2026-01-01T00:00:00.000Z' },
  });
  measures.push({ name: 'a quiet hour at one heartbeat a minute', value: (heartbeat * 60) / 1024, unit: 'KiB' });
  return measures;
}
