import { at, isJsonObject, type Json, type JsonObject } from '@plumbline/core';
import { pemBlocks } from './pem.ts';
import { redactText } from './text.ts';

/** Fields of a user by which it signs in; of those without a mention below only that they are there. */
export const credentialFields: readonly string[] = [
  'client-certificate-data',
  'client-certificate',
  'token',
  'tokenFile',
  'username',
  'exec',
  'auth-provider',
];

/** A kubeconfig: names of its users, their certificates or the paths of them, and which other credentials there are; no key, no token. */
export function projectKubeconfig(document: JsonObject): JsonObject {
  const users = at(document, 'users');
  return {
    users: (Array.isArray(users) ? users : []).map((entry: Json) => {
      const name = at(entry, 'name');
      return {
        name: typeof name === 'string' ? redactText(name.slice(0, 200)) : '',
        user: projectUser(at(entry, 'user')),
      };
    }),
  };
}

function projectUser(user: Json | undefined): JsonObject {
  if (!isJsonObject(user)) return {};
  const there = credentialFields.filter((field) => Object.hasOwn(user, field) && user[field] !== '');
  return Object.fromEntries(there.map((field) => [field, kept(field, user[field] ?? null)]));
}

/** Somebody may have put a key beside the certificate. */
function kept(field: string, value: Json): Json {
  if (typeof value !== 'string') return true;
  if (field === 'client-certificate') return redactText(value);
  if (field !== 'client-certificate-data') return true;
  const blocks = pemBlocks(Buffer.from(value, 'base64').toString('latin1'));
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE').map(({ text }) => `${text}\n`);
  // What held no certificate stays something that holds none.
  return Buffer.from(certificates.join('') || '\n', 'latin1').toString('base64');
}
