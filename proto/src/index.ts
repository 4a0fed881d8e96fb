export * from './digest.ts';
export * from './service.ts';
export * from './wire.ts';
