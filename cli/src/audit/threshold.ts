import { type Overlaid, rollUp } from '@plumbline/core';

/** What `--fail-on` accepts, mildest last: each includes those before it. */
export const thresholds = ['fail', 'error', 'warn'] as const;
export type Threshold = (typeof thresholds)[number];

/** True when a control, rolled up over its subjects, is as bad as the threshold or worse; what is waived or attested is not. */
export function reached(findings: readonly Overlaid[], threshold: Threshold | undefined): boolean {
  if (threshold === undefined) return false;
  const counted: readonly string[] = thresholds.slice(0, thresholds.indexOf(threshold) + 1);
  return rollUp(findings).some((one) => counted.includes(one.adjusted));
}
