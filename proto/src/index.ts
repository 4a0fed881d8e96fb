export * from './digest.ts';
export * from './load-pack.ts';
export * from './node-pack.ts';
export * from './service.ts';
export * from './wire.ts';
