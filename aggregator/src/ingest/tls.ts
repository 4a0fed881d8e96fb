import { readFileSync } from 'node:fs';
import { experimental, type ServerCredentials } from '@grpc/grpc-js';
import { PlumblineError } from '@plumbline/core';

const { FileWatcherCertificateProvider, createCertificateProviderServerCredentials } = experimental;

/** Files of the server's certificate; they are read again every minute. With `clientCaFile` client certificates are verified. */
export interface IngestTls {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clientCaFile?: string | undefined;
  /** Refuse connections without a client certificate; otherwise a token may do. */
  readonly requireClientCertificate?: boolean | undefined;
}

const refreshIntervalMs = 60_000;
const loadWithinMs = 10_000;

/** `release` ends the watch of this module; a server that was bound meanwhile goes on watching until it is shut down. */
export interface Watched {
  readonly credentials: ServerCredentials;
  release(): void;
}

/** Credentials that follow their files, so that renewed certificates need no restart. Throws PLB_CONFIG_INVALID. */
export async function watchedCredentials(tls: IngestTls): Promise<Watched> {
  const { certFile, keyFile, clientCaFile, requireClientCertificate = false } = tls;
  for (const path of [certFile, keyFile, clientCaFile]) if (path !== undefined) checkReadable(path);
  const own = { certificateFile: certFile, privateKeyFile: keyFile, refreshIntervalMs };
  const identity = new FileWatcherCertificateProvider(own);
  const ca = clientCaFile
    ? new FileWatcherCertificateProvider({ caCertificateFile: clientCaFile, refreshIntervalMs })
    : null;
  const here = Promise.withResolvers<void>();
  const missing = new Set<string>(ca ? ['identity', 'ca'] : ['identity']);
  const arrived = (what: string, update: unknown) => {
    if (update) missing.delete(what);
    if (missing.size === 0) here.resolve();
  };
  const onIdentity = (update: unknown) => arrived('identity', update);
  const onCa = (update: unknown) => arrived('ca', update);
  const release = () => {
    identity.removeIdentityCertificateListener(onIdentity);
    ca?.removeCaCertificateListener(onCa);
  };
  identity.addIdentityCertificateListener(onIdentity);
  ca?.addCaCertificateListener(onCa);
  // Before the files are loaded the server would turn every connection away.
  const late = setTimeout(() => here.reject(invalid('the certificate files cannot be loaded')), loadWithinMs);
  await here.promise.catch(thrown(release)).finally(() => clearTimeout(late));
  return { credentials: createCertificateProviderServerCredentials(identity, ca, requireClientCertificate), release };
}

/** Cleans up, then fails as before. */
function thrown(cleanUp: () => void): (error: unknown) => never {
  return (error) => {
    cleanUp();
    throw error;
  };
}

function checkReadable(path: string): void {
  try {
    readFileSync(path);
  } catch (cause) {
    throw invalid(`${path} cannot be read`, cause);
  }
}

function invalid(message: string, cause?: unknown): PlumblineError {
  return new PlumblineError('PLB_CONFIG_INVALID', message, { cause });
}
