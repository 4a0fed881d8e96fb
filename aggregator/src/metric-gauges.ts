import type { Gauge } from '@prometheus-io/client';
import type { CertificateState } from './certificate-files.ts';
import type { MetricSources } from './metrics.ts';

/** Makes a gauge whose values are looked up at the moment of the scrape. */
export type MakeGauge = <L extends string>(
  name: string,
  help: string,
  labels: L[],
  collect: (self: Gauge<L>) => void,
) => unknown;

/** Of what every node has, the worst and how many are too far: a label for each node would have no bound. */
export function outliers(
  gauge: MakeGauge,
  { ingest, shares, nodeQuota }: Pick<MetricSources, 'ingest' | 'shares' | 'nodeQuota'>,
): void {
  gauge('plumbline_nodes_clock_skewed', 'Nodes whose clock is off by more than 30 seconds.', [], (self) =>
    self.set(ingest.skewSeconds.size),
  );
  gauge('plumbline_node_clock_skew_max_seconds', 'How far the worst clock of a node is off, 0 within 30.', [], (self) =>
    self.set(largest([...ingest.skewSeconds.values()].map(Math.abs))),
  );
  gauge('plumbline_node_store_bytes_max', 'Bytes of the database that came with what one node said.', [], (self) =>
    self.set(largest(shares())),
  );
  gauge('plumbline_nodes_over_quota', 'Nodes that filled their share of the database and are not heard.', [], (self) =>
    self.set(shares().filter((one) => one >= nodeQuota).length),
  );
}

function largest(numbers: readonly number[]): number {
  return numbers.reduce((most, one) => Math.max(most, one), 0);
}

/** How the server's certificate stands; nothing without TLS. */
export function certificate(gauge: MakeGauge, { certificates }: Pick<MetricSources, 'certificates'>): void {
  // A gauge that nobody sets is 0, and a certificate that ended in 1970 would wake somebody.
  if (!certificates) return;
  const shown = (name: string, help: string, value: (state: CertificateState) => number) =>
    gauge(`plumbline_tls_${name}`, help, [], (self) => self.set(value(certificates())));
  shown('certificate_not_after_timestamp_seconds', 'End of the certificate in use.', (one) => one.notAfter / 1000);
  shown('certificate_reloads', 'Certificates that replaced another since the start.', (one) => one.reloads);
  shown('certificate_broken', '1 while the files hold what cannot be used and an older certificate serves.', (one) =>
    Number(one.error !== null),
  );
}
