/**
 * A program: a FUSE file system, mounted at argv[2], that holds an empty directory. After a look at the name `fall-silent` it reads
 * every request and answers none, as a server that hangs does; whoever asks then waits in the kernel until this process ends.
 * Prints `mounted`, and from then on the number of each request that stays without an answer. Protocol: include/uapi/linux/fuse.h.
 */
import { spawnSync } from 'node:child_process';
import { openSync, readSync, writeSync } from 'node:fs';

const [, , mountPoint = ''] = process.argv;
const device = openSync('/dev/fuse', 'r+');
const mounted = spawnSync(
  'mount',
  ['-i', '-t', 'fuse', '-o', 'fd=3,rootmode=40000,user_id=0,group_id=0', 'hung', mountPoint],
  { stdio: ['ignore', 'inherit', 'inherit', device] },
);
if (mounted.status !== 0) process.exit(1);

const [LOOKUP, FORGET, GETATTR, STATFS, INIT, OPENDIR, READDIR, RELEASEDIR] = [1, 2, 3, 17, 26, 27, 28, 29];
const [ENOENT, ENOSYS] = [2, 38];

const request = Buffer.alloc(1024 * 1024);
let silent = false;
for (;;) {
  const length = readSync(device, request);
  const operation = request.readUInt32LE(4);
  if (operation === FORGET) continue;
  if (silent) {
    writeSync(1, `${operation}\n`);
    continue;
  }
  const body = request.subarray(40, length);
  reply(request.readBigUInt64LE(8), answerTo(operation));
  if (operation === LOOKUP && body.toString('latin1').startsWith('fall-silent\0')) silent = true;
  if (operation === INIT) writeSync(1, 'mounted\n');
}

/** The body of an answer, or an error number. */
function answerTo(operation: number): Buffer | number {
  switch (operation) {
    case INIT:
      return initialised();
    case GETATTR:
      return directoryAttributes();
    case STATFS:
      return Buffer.alloc(80);
    case OPENDIR:
      return Buffer.alloc(16);
    case READDIR:
    case RELEASEDIR:
      return Buffer.alloc(0);
    case LOOKUP:
      return ENOENT;
    default:
      return ENOSYS;
  }
}

function reply(unique: bigint, answer: Buffer | number): void {
  const body = typeof answer === 'number' ? Buffer.alloc(0) : answer;
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + body.length, 0);
  head.writeInt32LE(typeof answer === 'number' ? -answer : 0, 4);
  head.writeBigUInt64LE(unique, 8);
  writeSync(device, Buffer.concat([head, body]));
}

/** struct fuse_init_out of protocol 7.31, without any extra ability. */
function initialised(): Buffer {
  const out = Buffer.alloc(64);
  out.writeUInt32LE(7, 0);
  out.writeUInt32LE(31, 4);
  out.writeUInt16LE(12, 16);
  out.writeUInt16LE(9, 18);
  out.writeUInt32LE(4096, 20);
  out.writeUInt32LE(1, 24);
  return out;
}

/** struct fuse_attr_out of the root, valid for no time, so that the kernel asks again whenever somebody looks. */
function directoryAttributes(): Buffer {
  const out = Buffer.alloc(104);
  out.writeBigUInt64LE(1n, 16);
  out.writeUInt32LE(0o40755, 16 + 60);
  out.writeUInt32LE(2, 16 + 64);
  out.writeUInt32LE(4096, 16 + 80);
  return out;
}
