import type { Certificate, CertificatesValue, FileSetValue } from '../../facts.ts';
import { observedValue } from '../../node-view.ts';
import { reasonOf } from '../../settings/from-observation.ts';
import type { Evidence } from '../truth.ts';
import type { Rule } from './index.ts';

/**
 * Is the certificate in the named file set (`files`) issued by somebody else than itself and valid at `now`? The first certificate
 * of each file counts. Self-signed means that subject equals issuer, or that the issuer is the kubelet's own generated
 * `NODE-ca@EPOCH`. The answer is valid until the certificate expires. Source: k8s.io/client-go/util/cert GenerateSelfSignedCertKey.
 */
export const servingCertificate: Rule = (context, operands) => {
  const set = String(operands['files'] ?? '');
  const { view } = context.node;
  const observation = view.get('files', set);
  const files = observedValue<FileSetValue>(observation);
  if (!files)
    return {
      holds: null,
      evidence: [],
      why: { reason: reasonOf(observation), detail: observation?.detail ?? `the files ${set} were not observed` },
    };
  const evidence: Evidence[] = [];
  const expiries: string[] = [];
  for (const path of files.paths) {
    const read = view.get('certificates', path);
    const certificate = observedValue<CertificatesValue>(read)?.certificates[0];
    if (!certificate) {
      if (read?.state === 'observed') continue;
      return {
        holds: null,
        evidence: [],
        why: { reason: reasonOf(read), detail: read?.detail ?? `${path} was not read` },
      };
    }
    const holds =
      !isSelfSigned(certificate) && certificate.notBefore <= context.now && context.now < certificate.notAfter;
    if (certificate.notAfter > context.now) expiries.push(certificate.notAfter);
    evidence.push({
      fact: 'certificates',
      subject: path,
      actual: `issued by ${certificate.issuer}, expires ${certificate.notAfter}`,
      expected: 'issued by an authority and not expired',
      origin: { kind: 'file', path },
      holds,
    });
  }
  if (evidence.length === 0) {
    const sought = files.sought.join(', ');
    return {
      holds: false,
      evidence: [
        {
          fact: 'files',
          subject: set,
          actual: 'no certificate',
          expected: 'a certificate issued by an authority',
          origin: { kind: 'stat', path: sought },
          holds: false,
        },
      ],
    };
  }
  const validUntil = expiries.sort()[0];
  return { holds: evidence.every((one) => one.holds), evidence, ...(validUntil === undefined ? {} : { validUntil }) };
};

function isSelfSigned(certificate: Certificate): boolean {
  return certificate.issuer === certificate.subject || /(^|,\s*|\/)CN=.*-ca@\d+$/.test(certificate.issuer);
}
