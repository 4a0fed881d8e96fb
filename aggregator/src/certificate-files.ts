import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { PlumblineError } from '@plumbline/core';

/** Where the server's certificate is; all PEM. `clientCaFile` vouches for certificates of clients. */
export interface CertificatePaths {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile?: string | undefined;
}

/** What the files hold; the parts fit together. */
export interface Certificates {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly clientCa: Buffer | undefined;
}

/** How the files stand. Times are milliseconds. */
export interface CertificateState {
  /** When the certificate in use ends to be valid. */
  readonly notAfter: number;
  readonly reloads: number;
  /** Why what is on disk is not used; null when it is. */
  readonly error: string | null;
}

/** Certificates that follow their files: renewing one needs no restart. */
export interface CertificateFiles {
  /** The newest that could be used. */
  current(): Certificates;
  /** Called after each change; call the answer to hear no more. */
  onChange(listener: (now: Certificates) => void): () => void;
  state(): CertificateState;
  /** Looks at the files now. Never throws: what cannot be used is said and the old certificate stays. */
  check(): void;
  stop(): void;
}

/** What is said of a change. */
export interface CertificateReports {
  readonly renewed: (state: CertificateState) => void;
  readonly kept: (error: string) => void;
}

/** Kubernetes writes a Secret within a minute or two of its change; how soon after it is used matters little. */
const lookEveryMs = 10_000;

/**
 * Reads the files, and again every ten seconds: by content, because mounts of Kubernetes swap links and keep times. Throws
 * PLB_CONFIG_INVALID where they cannot be used at the start.
 */
export function followCertificates(paths: CertificatePaths, reports: CertificateReports): CertificateFiles {
  let current = read(paths);
  let state: CertificateState = { notAfter: usable(current, paths), reloads: 0, error: null };
  const listeners = new Set<(now: Certificates) => void>();
  const check = () => {
    try {
      const found = read(paths);
      if (!same(found, current)) use(found, usable(found, paths));
      state = { ...state, error: null };
    } catch (error) {
      keep(error instanceof PlumblineError ? error.message : String(error));
    }
  };
  const use = (found: Certificates, notAfter: number) => {
    current = found;
    state = { notAfter, reloads: state.reloads + 1, error: null };
    for (const listener of listeners) listener(found);
    reports.renewed(state);
  };
  const keep = (error: string) => {
    if (error !== state.error) reports.kept(error);
    state = { ...state, error };
  };
  const timer = setInterval(check, lookEveryMs).unref();
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    state: () => state,
    check,
    stop: () => clearInterval(timer),
  };
}

function read({ certFile, keyFile, clientCaFile }: CertificatePaths): Certificates {
  const [cert, key] = [readOne(certFile), readOne(keyFile)];
  return { cert, key, clientCa: clientCaFile === undefined ? undefined : readOne(clientCaFile) };
}

function readOne(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw invalid(`${path} cannot be read`, cause);
  }
}

function same(a: Certificates, b: Certificates): boolean {
  return a.cert.equals(b.cert) && a.key.equals(b.key) && (a.clientCa ?? empty).equals(b.clientCa ?? empty);
}

const empty = Buffer.alloc(0);

/** Tries what a server would do with them, which finds a key of another certificate too. Gives the end of validity. */
function usable({ cert, key, clientCa }: Certificates, { certFile, keyFile, clientCaFile }: CertificatePaths): number {
  const ends = endOf(cert, certFile);
  if (clientCa && clientCaFile !== undefined) endOf(clientCa, clientCaFile);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw invalid(`${certFile} and ${keyFile} cannot be used together`, cause);
  }
  return ends;
}

function endOf(pem: Buffer, path: string): number {
  try {
    return new X509Certificate(pem).validToDate.getTime();
  } catch (cause) {
    throw invalid(`${path} holds no certificate`, cause);
  }
}

function invalid(what: string, cause: unknown): PlumblineError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PlumblineError('PLB_CONFIG_INVALID', `${what}: ${why}.`, { cause });
}
