export { Bystanders } from './bystanders.ts';
export { type Candidate, findCandidates } from './candidates.ts';
export { cgroupText, parseCgroup } from './cgroup.ts';
export { type Ignored, type Instance, type Located, locate } from './instances.ts';
export { findPlatform } from './platform.ts';
export { type PodLog, readPodLogs } from './pod-logs.ts';
export { parseStat, readProcess, readStart } from './process-files.ts';
export {
  type Container,
  containerFor,
  type ManifestFile,
  type Manifests,
  manifestsOf,
  readManifests,
} from './static-pods.ts';
export type { Ground } from './vouch.ts';
