import { createHash, X509Certificate } from 'node:crypto';
import type { Certificate, CertificatesValue } from '@plumbline/core';
import { baseName, missing, type Reading, type Seen, seen } from '../host/index.ts';
import { isPrivateKey, pemBlocks, recordPem } from '../redact/pem.ts';
import { once, type Survey } from './survey.ts';

/** What a PEM file holds; a file named like a key is taken for one and never read. */
export function readPem(survey: Survey, path: string): Promise<Seen<CertificatesValue>> {
  if (/\.key$/i.test(baseName(path))) return Promise.resolve(seen({ certificates: [], privateKeys: 1 }));
  return once(survey, `pem ${path}`, async () => {
    const taken = await survey.host.take(path, pem);
    if (taken.state !== 'observed') return taken;
    return wholeOf(path, taken.value);
  });
}

/** What PEM bytes hold; `path` only names them where they are broken. */
export function pemContent(path: string, bytes: Buffer): Seen<CertificatesValue> {
  return wholeOf(path, contentOf(bytes));
}

function wholeOf(path: string, value: CertificatesValue | { readonly broken: number }): Seen<CertificatesValue> {
  return 'broken' in value ? missing('malformed', `${path}: certificate ${value.broken} cannot be read`) : seen(value);
}

/** `broken`: which certificate cannot be read, from 1. */
const pem: Reading<CertificatesValue | { readonly broken: number }> = { recordAs: recordPem, make: contentOf };

function contentOf(bytes: Buffer): CertificatesValue | { readonly broken: number } {
  const blocks = pemBlocks(bytes.toString('latin1'));
  const certificates: Certificate[] = [];
  for (const { label, text } of blocks) {
    if (label !== 'CERTIFICATE') continue;
    try {
      certificates.push(describe(new X509Certificate(text)));
    } catch {
      return { broken: certificates.length + 1 };
    }
  }
  return { certificates, privateKeys: blocks.filter(({ label }) => isPrivateKey(label)).length };
}

function describe(certificate: X509Certificate): Certificate {
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    notBefore: certificate.validFromDate.toISOString(),
    notAfter: certificate.validToDate.toISOString(),
    isCA: certificate.ca,
    extKeyUsage: certificate.keyUsage ?? [],
    publicKey: createHash('sha256')
      .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
  };
}

/** Node puts each attribute on a line of its own; an empty name is undefined for it. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').filter(Boolean).join(', ');
}
