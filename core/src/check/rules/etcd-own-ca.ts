import type { Certificate, CertificatesValue, FileSetValue } from '../../facts.ts';
import { observedValue } from '../../node-view.ts';
import { reasonOf } from '../../settings/from-observation.ts';
import type { CheckContext } from '../context.ts';
import type { Evidence, Truth } from '../truth.ts';
import type { Rule } from './index.ts';

/**
 * Do the authorities that etcd trusts for clients share no public key with those the API server trusts for clients? Files are the
 * named sets `etcd.client-ca` and `kube-apiserver.client-ca`; keys are compared, not paths. Unknown when either cannot be read.
 */
export const etcdOwnCa: Rule = (context) => {
  const etcd = authorities(context, 'etcd.client-ca');
  if (!('found' in etcd)) return etcd;
  const cluster = authorities(context, 'kube-apiserver.client-ca');
  if (!('found' in cluster)) return cluster;
  const shared = etcd.found.filter((one) =>
    cluster.found.some((other) => other.certificate.publicKey === one.certificate.publicKey),
  );
  const shown = shared.length > 0 ? shared : etcd.found;
  return {
    holds: shared.length === 0,
    evidence: shown.map(
      (one): Evidence => ({
        fact: 'certificates',
        subject: one.path,
        actual: `${one.certificate.subject}, key ${one.certificate.publicKey.slice(0, 16)}`,
        expected: `a key that ${cluster.found.map((other) => other.path).join(', ')} does not hold`,
        origin: { kind: 'file', path: one.path },
        holds: shared.length === 0,
      }),
    ),
  };
};

interface Found {
  readonly path: string;
  readonly certificate: Certificate;
}

function authorities(context: CheckContext, set: string): { readonly found: readonly Found[] } | Truth {
  const { view } = context.node;
  const observation = view.get('files', set);
  const files = observedValue<FileSetValue>(observation);
  if (!files || files.paths.length === 0) {
    const reason = files ? 'file-absent' : reasonOf(observation);
    return {
      holds: null,
      evidence: [],
      why: { reason, detail: files?.note ?? observation?.detail ?? `the files ${set} are not on this node` },
    };
  }
  const found: Found[] = [];
  for (const path of files.paths) {
    const read = view.get('certificates', path);
    const value = observedValue<CertificatesValue>(read);
    if (!value || value.certificates.length === 0) {
      return {
        holds: null,
        evidence: [],
        why: { reason: value ? 'parse-error' : reasonOf(read), detail: read?.detail ?? `${path} holds no certificate` },
      };
    }
    found.push(...value.certificates.map((certificate) => ({ path, certificate })));
  }
  return { found };
}
