import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';

/** Texts and values are stored once and referred to by id. */
export interface Intern {
  text(body: string): number;
  /** The id of a text that is stored already; asking stores nothing. */
  known(body: string): number | undefined;
  /** A JSON text, by its digest. */
  value(json: string): number;
  /** Drops what is remembered in memory. */
  forget(): void;
  /** From now on tells which ids are handed out, until it is called without anybody to tell. */
  watch(told?: { readonly text: (id: number) => void; readonly value: (id: number) => void }): void;
}

const remembered = 20_000;

/** The interning of one writing connection. Bounded memory: at most 20,000 short texts and digests are remembered. */
export function interner(db: Database): Intern {
  const texts = new Map<string, number>();
  const values = new Map<string, number>();
  const findText = db.prepare<[string], { id: number }>('SELECT id FROM text WHERE body = ?');
  const addText = db.prepare<[string]>('INSERT INTO text (body) VALUES (?)');
  const findValue = db.prepare<[Buffer], { id: number }>('SELECT id FROM fact_value WHERE digest = ?');
  const addValue = db.prepare<[Buffer, string]>('INSERT INTO fact_value (digest, json) VALUES (?, ?)');
  const keep = (cache: Map<string, number>, key: string, id: number) => {
    if (cache.size >= remembered) cache.clear();
    if (key.length <= 1000) cache.set(key, id);
    return id;
  };
  let told: Parameters<Intern['watch']>[0];
  const textId = (body: string) =>
    texts.get(body) ?? keep(texts, body, findText.get(body)?.id ?? Number(addText.run(body).lastInsertRowid));
  return {
    watch(next) {
      told = next;
    },
    text(body) {
      const id = textId(body);
      told?.text(id);
      return id;
    },
    known: (body) => texts.get(body) ?? findText.get(body)?.id,
    value(json) {
      const digest = digestOf(json);
      const key = digest.toString('base64');
      const id =
        values.get(key) ??
        keep(values, key, findValue.get(digest)?.id ?? Number(addValue.run(digest, json).lastInsertRowid));
      told?.value(id);
      return id;
    },
    forget() {
      texts.clear();
      values.clear();
    },
  };
}

/** SHA-256, first 16 bytes. */
export function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, 16);
}
