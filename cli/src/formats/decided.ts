import type { ReportFinding } from '../audit/report.ts';

/** What is decided about a finding, in one line; undefined where nothing is. */
export function decidedText({
  waiver,
  attestation,
}: Pick<ReportFinding, 'waiver' | 'attestation'>): string | undefined {
  const one = waiver ?? attestation;
  if (!one) return undefined;
  const what = waiver ? `waived (${waiver.kind})` : 'attested';
  return `${what} until ${one.expires.slice(0, 10)} by ${one.owner}: ${one.reason}`;
}
