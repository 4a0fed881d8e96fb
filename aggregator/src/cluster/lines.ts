import { WatchProblem } from './watch-problem.ts';

/** Longest line: objects of etcd are at most 1.5 MB, and JSON may write a byte as six. */
const longest = 32 * 1024 * 1024;

/** Splits a stream of bytes into lines without their end. Throws WatchProblem `malformed` when a line is longer than `most` bytes. */
export async function* linesOf(chunks: AsyncIterable<Buffer>, most = longest): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      yield Buffer.concat(parts).toString('utf8');
      parts = [];
      length = 0;
      from = end + 1;
    }
    parts.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > most) throw new WatchProblem('malformed', `an event is longer than ${most} bytes`);
  }
  const rest = Buffer.concat(parts).toString('utf8');
  if (rest !== '') yield rest;
}
