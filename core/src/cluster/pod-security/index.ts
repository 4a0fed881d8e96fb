export type { PodCheck, Violation } from './check.ts';
export {
  type CheckName,
  type CheckSet,
  checkNames,
  checkSet,
  checksOf,
  namesIn,
  newestPolicy,
  podChecks,
  withImplied,
} from './checks.ts';
export { brokenBy, policyMinor, violationsOf } from './violations.ts';
export { deedsOf } from './words.ts';
