import type { Database } from 'better-sqlite3';

/**
 * Bytes of the pages in use on a writing connection, what the open transaction added included. Differences of it are what something
 * cost: whoever fills a page pays for it, so that what all nodes paid is never less than the file.
 */
export function bytesInUse(db: Database): () => number {
  const pageSize = Number(db.pragma('page_size', { simple: true }));
  const pages = db
    .prepare<[], number>('SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count')
    .pluck();
  return () => (pages.get() ?? 0) * pageSize;
}
