import { createHash, X509Certificate } from 'node:crypto';
import type { Certificate, CertificatesValue } from '@plumbline/core';
import { baseName, missing, type Seen, seen } from '../host/index.ts';
import { isPrivateKey, pemBlocks, recordPem } from '../redact/pem.ts';
import { once, type Survey } from './survey.ts';

/** What a PEM file holds; a file named like a key is taken for one and never read. */
export function readPem(survey: Survey, path: string): Promise<Seen<CertificatesValue>> {
  if (/\.key$/i.test(baseName(path))) return Promise.resolve(seen({ certificates: [], privateKeys: 1 }));
  return once(survey, `pem ${path}`, async () => {
    const content = await survey.host.read(path, { recordAs: recordPem });
    return content.state === 'observed' ? pemContent(path, content.value.bytes) : content;
  });
}

/** What PEM bytes hold; `path` only names them where they are broken. */
export function pemContent(path: string, bytes: Buffer): Seen<CertificatesValue> {
  const blocks = pemBlocks(bytes.toString('latin1'));
  const certificates: Certificate[] = [];
  for (const { label, text } of blocks) {
    if (label !== 'CERTIFICATE') continue;
    try {
      certificates.push(describe(new X509Certificate(text)));
    } catch {
      return missing('malformed', `${path}: certificate ${certificates.length + 1} cannot be read`);
    }
  }
  return seen({ certificates, privateKeys: blocks.filter(({ label }) => isPrivateKey(label)).length });
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
