import { createHash, timingSafeEqual } from 'node:crypto';
import { PlumblineError } from '@plumbline/core';

/** What a token may do: read, or read and write. */
export type AccessRole = 'viewer' | 'operator';

/** Who asks. */
export interface Caller {
  readonly name: string;
  readonly role: AccessRole;
}

/** Who may ask. `open`: anybody who reaches the port, which is then only this machine. */
export interface Access {
  readonly open: boolean;
  /** The caller of an Authorization header, undefined when it proves nothing. */
  caller(authorization: string | undefined): Caller | undefined;
}

/** Without tokens everybody on this machine is an operator. */
export const openAccess: Access = { open: true, caller: () => ({ name: 'local', role: 'operator' }) };

const line = /^([A-Za-z0-9][A-Za-z0-9._-]{0,62}):([0-9a-f]{64}):(viewer|operator)$/;

/**
 * Reads the token file: lines `name:SHA-256 of the token in hex:viewer|operator`, `#` begins a comment. Throws PLB_CONFIG_INVALID
 * with the number of the line; never shows what stands in it.
 */
export function readAccess(text: string, file: string): Access {
  const entries = text.split('\n').flatMap((raw, index) => {
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const found = line.exec(trimmed);
    if (!found?.[1] || !found[2]) {
      throw new PlumblineError(
        'PLB_CONFIG_INVALID',
        `${file}:${index + 1} is not of the form name:sha256-in-hex:viewer or name:sha256-in-hex:operator.`,
      );
    }
    const role: AccessRole = found[3] === 'operator' ? 'operator' : 'viewer';
    return [{ name: found[1], digest: Buffer.from(found[2], 'hex'), role }];
  });
  if (entries.length === 0) throw new PlumblineError('PLB_CONFIG_INVALID', `${file} holds no token.`);
  return {
    open: false,
    caller(authorization) {
      const token = tokenOf(authorization);
      if (token === undefined) return undefined;
      const digest = createHash('sha256').update(token).digest();
      // Every entry is compared, so that the time tells nothing about which one fits.
      const found = entries.filter((entry) => timingSafeEqual(entry.digest, digest))[0];
      return found && { name: found.name, role: found.role };
    },
  };
}

/** The token of `Bearer TOKEN`, or the password of `Basic`, which browsers can ask for. */
function tokenOf(authorization: string | undefined): string | undefined {
  const [scheme, value] = (authorization ?? '').split(' ', 2);
  if (!value) return undefined;
  if (scheme?.toLowerCase() === 'bearer') return value;
  if (scheme?.toLowerCase() !== 'basic') return undefined;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1) || undefined;
}
