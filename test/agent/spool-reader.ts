import { Spool } from '../../agent/src/uplink/spool.ts';

/** Reads the spool of a folder and prints how many entries wait; run with a small heap. */
const [, , directory = ''] = process.argv;
const spool = new Spool(directory, (error) => {
  throw error;
});
console.log(spool.read()?.entries.length);
