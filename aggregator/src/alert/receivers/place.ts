import { readFile } from 'node:fs/promises';
import Type from 'typebox';
import type { FailedDelivery, Outcome } from '../delivery/outcome.ts';
import { unreached } from '../delivery/outcome.ts';
import { type Letter, post, type Target } from '../delivery/post.ts';

const Path = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 4096, description }));

/** Fields that say where an HTTP receiver is. Exactly one of `url` and `urlFile` is given. */
export const HttpPlace = {
  url: Type.Optional(Type.String({ minLength: 1, maxLength: 2000 })),
  urlFile: Path('File that holds the URL, where the URL is a secret'),
  caFile: Path('PEM of the authorities that vouch for the receiver'),
  allowPrivate: Type.Optional(Type.Boolean()),
  allowHttp: Type.Optional(Type.Boolean()),
} as const;

/** A place as the alerts file gives it. */
export interface GivenPlace {
  readonly url?: string;
  readonly urlFile?: string;
  readonly caFile?: string;
  readonly allowPrivate?: boolean;
  readonly allowHttp?: boolean;
}

const mostBytes = 65_536;

/** A file that a receiver needs and that cannot be used. */
class UnusableFile extends Error {}

/** The text of a secret's file without the space around it; read anew each time, so that a new secret needs no restart. */
export async function secretIn(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown';
    throw new UnusableFile(`the file ${file} cannot be read (${code})`);
  }
  if (text.length > mostBytes) throw new UnusableFile(`the file ${file} is too large`);
  if (text.trim() === '') throw new UnusableFile(`the file ${file} is empty`);
  return text.trim();
}

/** Runs what needs files; one that cannot be used is a failure that another try may not have. */
export async function withFiles(work: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UnusableFile) return unreached(error.message);
    throw error;
  }
}

/** Posts to a place, with what is usual for its kind where nothing is said. */
export async function postTo(
  place: GivenPlace,
  usual: { readonly url?: string; readonly path?: string; readonly inside?: boolean },
  letter: Letter & { readonly secrets?: readonly string[] },
  signal: AbortSignal,
): Promise<Outcome> {
  const url = place.urlFile === undefined ? (place.url ?? usual.url ?? '') : await secretIn(place.urlFile);
  const target: Target = {
    url: usual.path === undefined ? url : `${url.replace(/\/+$/, '')}${usual.path}`,
    allowPrivate: place.allowPrivate ?? usual.inside ?? false,
    allowHttp: place.allowHttp ?? usual.inside ?? false,
    ca: place.caFile === undefined ? undefined : await secretIn(place.caFile),
  };
  return post(target, letter, letter.secrets ?? [], signal);
}

/** Headers of a bearer token from a file. */
export async function bearer(
  file: string | undefined,
): Promise<{ headers: Record<string, string>; secrets: string[] }> {
  if (file === undefined) return { headers: {}, secrets: [] };
  const token = await secretIn(file);
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UnusableFile(`the file ${file} holds no token`);
  return { headers: { authorization: `Bearer ${token}` }, secrets: [token] };
}

/** A failure because what was configured cannot work. */
export function misconfigured(error: string): FailedDelivery {
  return { ...unreached(error), permanent: true };
}
