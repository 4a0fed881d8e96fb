import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A certificate authority in a directory of its own; files are PEM. */
export function authority(directory: string, name = 'ca') {
  const caFile = join(directory, `${name}.crt`);
  const caKey = join(directory, `${name}.key`);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe', cwd: directory });
  const key = (file: string) =>
    openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file);
  key(caKey);
  openssl('req', '-x509', '-new', '-key', caKey, '-out', caFile, '-days', '2', '-subj', `/CN=${name}`);
  return {
    caFile,
    /** A certificate for a name; servers get the loopback addresses. */
    issue(file: string, commonName: string, usage: 'serverAuth' | 'clientAuth') {
      const certFile = join(directory, `${file}.crt`);
      const keyFile = join(directory, `${file}.key`);
      const request = join(directory, `${file}.csr`);
      const extensions = join(directory, `${file}.ext`);
      key(keyFile);
      openssl('req', '-new', '-key', keyFile, '-out', request, '-subj', `/CN=${commonName}`);
      const names = usage === 'serverAuth' ? 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' : '';
      writeFileSync(extensions, `extendedKeyUsage=${usage}\n${names}`);
      const sign = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', extensions];
      openssl('x509', '-req', '-in', request, '-out', certFile, ...sign);
      return { certFile, keyFile };
    },
  };
}
