import { existsSync, readFileSync } from 'node:fs';
import { PlumblineError } from '@plumbline/core';
import type { Logger } from 'pino';
import { followCertificates } from './certificate-files.ts';
import { type AggregatorOptions, address } from './config.ts';
import { anyOf, byCertificate, byReview, byTokens, type Identify } from './ingest/identity.ts';
import { type Review, sparing } from './ingest/reviews.ts';
import { freeBytes } from './metrics/free-bytes.ts';
import { reviewToken } from './nodes/token-review.ts';
import type { Store } from './store/store.ts';

/** How agents prove who they are, in the order in which it is tried. */
export function identityOf(
  options: AggregatorOptions,
  client: Parameters<typeof reviewToken>[0] | undefined,
): Identify {
  const providers: Identify[] = [];
  if (options.clientCaFile !== undefined) providers.push(byCertificate);
  if (options.ingestTokensFile !== undefined) providers.push(byTokens(text(options.ingestTokensFile)));
  if (options.ingestTokens !== undefined) providers.push(byTokens(options.ingestTokens));
  if (options.tokenReview && client) {
    const review: Review = async (token) => {
      const node = await reviewToken(client, options.agentServiceAccount, token, AbortSignal.timeout(10_000));
      return node === undefined ? undefined : { node };
    };
    providers.push(byReview(sparing(review, Date.now)));
  }
  return anyOf(...providers);
}

/** The certificate of both ports, followed as its files change; undefined without TLS. */
export function certificatesOf({ tlsCertFile, tlsKeyFile, clientCaFile }: AggregatorOptions, log: Logger) {
  if (tlsCertFile === undefined || tlsKeyFile === undefined) return undefined;
  return followCertificates(
    { certFile: tlsCertFile, keyFile: tlsKeyFile, clientCaFile },
    {
      renewed: ({ notAfter }) => log.info({ notAfter: new Date(notAfter) }, 'the certificate was renewed'),
      kept: (error) => log.error({ error }, 'the new certificate cannot be used; the old one stays'),
    },
  );
}

/** Size of the database and what its volume has left. */
export function storeSource(file: string, size: Store['size']) {
  return { store: file === ':memory:' ? undefined : () => ({ ...size(), free: freeBytes(file) }) };
}

/** With TLS `localhost` is 127.0.0.1 alone: of two sockets under one server only the first would follow a new certificate. */
export function listenOn({ listen, tlsCertFile }: AggregatorOptions) {
  const { host, port } = address('listen', listen);
  return { host: host === 'localhost' && tlsCertFile !== undefined ? '127.0.0.1' : host, port };
}

/** What is allowed and yet worth a word. */
export function warn(options: AggregatorOptions, log: Logger): void {
  const { clientCaFile, ingestTokensFile, ingestTokens, tokenReview } = options;
  if (clientCaFile === undefined && ingestTokensFile === undefined && ingestTokens === undefined && !tokenReview) {
    log.warn('no agent can prove who it is: give --client-ca-file, --ingest-tokens-file or --token-review');
  }
  if (options.tokensFile !== undefined && options.tlsCertFile === undefined) {
    log.warn('tokens travel in the clear unless something in front of this port ends TLS');
  }
}

/** Text of a file that an option names. Throws PLB_CONFIG_INVALID. */
export function text(file: string): string {
  if (!existsSync(file)) throw new PlumblineError('PLB_CONFIG_INVALID', `There is no file ${file}.`);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new PlumblineError('PLB_CONFIG_INVALID', `The file ${file} cannot be read.`, { cause: error });
  }
}

/** Null when it answers, else why not. */
export function answers(ask: () => void): string | null {
  try {
    ask();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
