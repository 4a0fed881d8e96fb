import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { constraintGroup, resources } from '@plumbline/core';
import { parse } from 'yaml';

/** An object as the API takes it. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Writes objects as the administrator, one request each, over connections that stay open. Both return '' or what the API server refuses. */
export interface KubeWriter {
  /** Makes the object, or has it say this and nothing else of what was applied before. */
  apply(object: KubeObject): Promise<string>;
  /** Deletes the object at once; one that is not there is none. */
  remove(object: KubeObject): Promise<string>;
}

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

/** A writer with the certificate of a kubeconfig. */
export function kubeWriter(file: string): KubeWriter {
  const { clusters, users } = parse(readFileSync(file, 'utf8')) as Kubeconfig;
  const [cluster, user] = [clusters[0]?.cluster ?? {}, users[0]?.user ?? {}];
  const decoded = (text: string | undefined) => Buffer.from(text ?? '', 'base64');
  const agent = new Agent({
    keepAlive: true,
    ca: decoded(cluster['certificate-authority-data']),
    cert: decoded(user['client-certificate-data']),
    key: decoded(user['client-key-data']),
  });
  const send = (method: string, path: string, type: string, body: string) =>
    // Without a length the body of a DELETE would be taken for the next request.
    ask(
      new URL(path, cluster['server']),
      { method, agent, headers: { 'content-type': type, 'content-length': Buffer.byteLength(body) } },
      body,
    );
  return {
    async apply(object) {
      const patch = async (part: string) => {
        const path = `${pathOf(object)}${part}?fieldManager=plumbline-test&force=true`;
        const { status, text } = await send('PATCH', path, 'application/apply-patch+yaml', JSON.stringify(object));
        return status < 300 ? '' : text;
      };
      const refused = await patch('');
      // Whether a certificate is granted is not part of the request.
      return refused === '' && object.kind === 'CertificateSigningRequest' ? patch('/approval') : refused;
    },
    async remove(object) {
      const body = JSON.stringify({ gracePeriodSeconds: 0, propagationPolicy: 'Background' });
      const { status, text } = await send('DELETE', pathOf(object), 'application/json', body);
      return status < 300 || status === 404 ? '' : text;
    },
  };
}

function ask(url: URL, options: object, body: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Where an object lies in the API; constraints of Gatekeeper are named after their kind. */
function pathOf({ apiVersion, kind, metadata: { name, namespace } }: KubeObject): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const resource =
    group === constraintGroup
      ? { plural: kind.toLowerCase() }
      : resources.find((one) => one.group === group && one.kind === kind);
  if (!resource) throw new Error(`no control reads a ${kind} of ${apiVersion}`);
  const root = group === '' ? '/api' : '/apis';
  const where = namespace === undefined ? '' : `/namespaces/${namespace}`;
  return `${root}/${apiVersion}${where}/${resource.plural}/${name}`;
}
