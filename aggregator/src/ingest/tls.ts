import { experimental, type ServerCredentials } from '@grpc/grpc-js';
import type { CertificateFiles, Certificates } from '../certificate-files.ts';

const { createCertificateProviderServerCredentials } = experimental;
type Provider = Parameters<typeof createCertificateProviderServerCredentials>[0];

/** The server's certificate as it is renewed. With a client CA in it client certificates are verified. */
export interface IngestTls {
  readonly certificates: CertificateFiles;
  /** Refuse connections without a client certificate; otherwise a token may do. */
  readonly requireClientCertificate?: boolean | undefined;
}

/** Credentials that follow the certificate: connections that are open stay, new ones get the new one. */
export function followingCredentials({ certificates, requireClientCertificate = false }: IngestTls): ServerCredentials {
  const provider = providerOf(certificates);
  const verifies = certificates.current().clientCa !== undefined;
  return createCertificateProviderServerCredentials(provider, verifies ? provider : null, requireClientCertificate);
}

/** grpc's view of the certificate. Only what a server can use ever gets here: grpc would crash on the rest. */
function providerOf(certificates: CertificateFiles): Provider {
  const identity = ({ cert, key }: Certificates) => ({ certificate: cert, privateKey: key });
  const authority = ({ clientCa }: Certificates) => (clientCa ? { caCertificate: clientCa } : null);
  const ends = new Map<unknown, () => void>();
  const follow = <T>(listener: (update: T) => void, view: (now: Certificates) => T) => {
    // Before any connection can come, but after the server has begun to watch its credentials.
    queueMicrotask(() => listener(view(certificates.current())));
    ends.set(
      listener,
      certificates.onChange((now) => listener(view(now))),
    );
  };
  const leave = (listener: unknown) => {
    ends.get(listener)?.();
    ends.delete(listener);
  };
  return {
    addIdentityCertificateListener: (listener) => follow(listener, identity),
    removeIdentityCertificateListener: leave,
    addCaCertificateListener: (listener) => follow(listener, authority),
    removeCaCertificateListener: leave,
  };
}
