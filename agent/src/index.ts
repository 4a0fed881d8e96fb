export { fixtureHost, fixtureVersions, type Host, realHost } from './host/index.ts';
export { Bystanders } from './locate/index.ts';
export { type RecordOptions, recordNode } from './record/recorder.ts';
export { recordedVersions } from './record/versions.ts';
export { type CollectorRun, type ObserveOptions, observeNode } from './snapshot.ts';
export { watching } from './watch/watching.ts';
