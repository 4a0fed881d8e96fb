import { copyFile, type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { PlumblineError } from '@plumbline/core';
import type { EndedIntervals, Exported } from '../store/ended.ts';
import { type IntervalTable, intervalTables } from '../store/references.ts';
import { dateOf, dayOf, monthOf } from './calendar.ts';

/** What an export rests on. */
export interface ExportParts {
  readonly ended: EndedIntervals;
  readonly remember: (exported: Exported) => void;
  readonly directory: string;
}

const compressed = promisify(gzip);

/**
 * Writes every interval that ended at or before an instant, and was not written yet, into a file for its kind and the UTC month in which it
 * ended: lines of JSON, gzip. When it resolves true they are on the disk whole, under their names, and remembered as written. Broken off or
 * failed it changes no file; false when the signal broke it off. Throws PLB_EXPORT_WRITE.
 */
export async function exportEnded(parts: ExportParts, cut: number, signal: AbortSignal): Promise<boolean> {
  const before = parts.ended.exported() ?? { to: Number.MIN_SAFE_INTEGER, sizes: {} };
  if (before.to >= cut) return true;
  const files = new Map<string, Growing>();
  try {
    await mkdir(parts.directory, { recursive: true, mode: 0o700 });
    for (const table of intervalTables) await write(table);
    if (signal.aborted) return false;
    const sizes: Record<string, number> = {};
    for (const [name, file] of files) sizes[name] = await file.finish();
    await syncDirectory(parts.directory);
    parts.remember({ to: cut, sizes: { ...stillGrowing(before.sizes, cut), ...sizes } });
    return true;
  } catch (error) {
    throw failure(parts.directory, error);
  } finally {
    for (const file of files.values()) await file.close();
  }

  async function write(table: IntervalTable): Promise<void> {
    for (let after: number | undefined = 0; after !== undefined && !signal.aborted; ) {
      const { rows, last }: ReturnType<EndedIntervals['some']> = parts.ended.some(table, after, before.to, cut);
      after = last;
      for (const [month, some] of Map.groupBy(rows, (row) => dateOf(monthOf(dayOf(row.until))).slice(0, 7))) {
        const name = `${table}s-${month}.ndjson.gz`;
        const file = files.get(name) ?? (await growing(join(parts.directory, name), before.sizes[name] ?? 0));
        files.set(name, file);
        await file.append(await compressed(some.map((row) => `${JSON.stringify(row.told)}\n`).join('')));
      }
      await setImmediate();
    }
  }
}

/** Files of months that later intervals can still end in. */
function stillGrowing(sizes: Exported['sizes'], cut: number): Exported['sizes'] {
  const month = dateOf(dayOf(cut)).slice(0, 7);
  return Object.fromEntries(Object.entries(sizes).filter(([name]) => name.includes(`-${month}`)));
}

/** A file that grows aside and takes its place when it is whole; `size` of what is in its place counts, the rest was never finished. */
interface Growing {
  append(bytes: Buffer): Promise<void>;
  /** Syncs it and puts it in its place; answers with its size. */
  finish(): Promise<number>;
  close(): Promise<void>;
}

async function growing(file: string, size: number): Promise<Growing> {
  const aside = `${file}.part`;
  const there = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  // Whoever carried a file away gets another one; one that was cut must not be mended by guessing.
  if (there && there.size < size) throw new Error(`${file} is shorter than it was left`);
  const kept = there ? size : 0;
  if (kept > 0) await copyFile(file, aside);
  const handle: FileHandle = await open(aside, kept > 0 ? 'r+' : 'w', 0o600);
  await handle.truncate(kept);
  let at = kept;
  let closed = false;
  const close = async () => {
    if (!closed) await handle.close();
    closed = true;
  };
  return {
    async append(bytes) {
      for (let written = 0; written < bytes.length; ) {
        written += (await handle.write(bytes, written, bytes.length - written, at + written)).bytesWritten;
      }
      at += bytes.length;
    },
    async finish() {
      await handle.sync();
      await close();
      await rename(aside, file);
      return at;
    },
    close,
  };
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  await handle.sync();
  await handle.close();
}

function failure(directory: string, error: unknown): unknown {
  if (error instanceof PlumblineError) return error;
  const said = error instanceof Error ? error.message : String(error);
  return new PlumblineError(
    'PLB_EXPORT_WRITE',
    `History cannot be exported to ${directory} (${said}); nothing is purged until it can.`,
    { cause: error },
  );
}
