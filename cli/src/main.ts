#!/usr/bin/env node
import { run } from './program.ts';
import { processTerminal } from './terminal.ts';

const stop = new AbortController();
const onSignal = () => stop.abort();
process.once('SIGINT', onSignal);
process.once('SIGTERM', onSignal);
// A reader that leaves early (`plumbline audit | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const code = await run(process.argv.slice(2), processTerminal(stop.signal));
// Exiting drops what a slow reader of a pipe has not taken yet.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((taken) => stream.write('', taken))));
// A read that hangs in the kernel must not keep the command from ending.
process.exit(code);
