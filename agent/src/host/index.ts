export { type Parsed, parseDocument } from './document.ts';
export { fixtureVersions } from './fixture.ts';
export { fixtureHost } from './fixture-host.ts';
export * from './host.ts';
export { type Mount, parseMountinfo, recordMountinfo } from './mounts.ts';
export { baseName, dirname, escapeText, isWithin, tidy } from './paths.ts';
export { realHost } from './real-host.ts';
