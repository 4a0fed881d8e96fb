import type { Database } from 'better-sqlite3';

/** Pages of the file that hold nothing. */
export interface Vacuum {
  /** Bytes that hold nothing, and whether they can be given back while everything goes on. */
  unused(): { readonly bytes: number; readonly shrinks: boolean };
  /** Gives back what a purge left beyond what the next days fill again, in steps of a few milliseconds. */
  shrink(): Generator<void>;
}

const incremental = 2;
/** Larger files take longer to rewrite than an aggregator may be away. */
const rewriteUpTo = 256 * 1024 * 1024;
const pagesAtOnce = 128;
/** What stays free for what comes, so that the file does not shrink and grow every day. */
const spareShare = 0.05;
const sparePages = 1024;

/**
 * Makes a file able to shrink. A new one costs nothing; an old one has to be rewritten once, which is done up to 256 MiB. Beyond, what is
 * free is used again, and the file stays as large as it ever was.
 */
export function makeShrinkable(db: Database): void {
  if (mode(db) === incremental || db.memory) return;
  db.pragma('auto_vacuum = INCREMENTAL');
  const bytes = pages(db, 'page_count') * pages(db, 'page_size');
  if (pages(db, 'page_count') > 0 && bytes <= rewriteUpTo) db.exec('VACUUM');
}

/** The free pages on a writing connection. */
export function vacuum(db: Database): Vacuum {
  const shrinks = mode(db) === incremental;
  const pageSize = pages(db, 'page_size');
  const free = () => pages(db, 'freelist_count');
  return {
    unused: () => ({ bytes: free() * pageSize, shrinks }),
    *shrink() {
      const spare = Math.max(sparePages, Math.ceil(pages(db, 'page_count') * spareShare));
      // Half of the spare more before it begins: every page that is given back has to be moved to.
      if (!shrinks || free() < spare * 1.5) return;
      while (free() > spare) {
        db.pragma(`incremental_vacuum(${Math.min(pagesAtOnce, free() - spare)})`);
        yield;
      }
    },
  };
}

function mode(db: Database): number {
  return Number(db.pragma('auto_vacuum', { simple: true }));
}

function pages(db: Database, name: 'page_count' | 'page_size' | 'freelist_count'): number {
  return Number(db.pragma(name, { simple: true }));
}
