import { isJsonObject, type Json } from './json.ts';

type Shape = (value: Json | undefined) => boolean;

const text: Shape = (value) => typeof value === 'string';
const number: Shape = (value) => typeof value === 'number';
const nullable =
  (shape: Shape): Shape =>
  (value) =>
    value === null || value === undefined || shape(value);
const list =
  (shape: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every(shape);
const record =
  (shape: Shape): Shape =>
  (value) =>
    isJsonObject(value) && Object.values(value).every(shape);
const object =
  (fields: Readonly<Record<string, Shape>>): Shape =>
  (value) =>
    isJsonObject(value) &&
    Object.entries(fields).every(([name, shape]) => shape(Object.hasOwn(value, name) ? value[name] : undefined));

const document: Shape = (value) => isJsonObject(value);
const config = object({ path: text, document });
const clientCertificate = object({ subject: text, issuer: text, notBefore: text, notAfter: text });
const certificate = object({ subject: text, issuer: text, notBefore: text, notAfter: text, publicKey: text });

/** The fields that are read here; what nobody judges may have any shape. */
const shapes: ReadonlyMap<string, Shape> = new Map([
  ['node.platform', object({ platform: text })],
  ['component', object({ instances: list(text), manifests: list(text) })],
  ['process', object({ argv: list(text), environment: record(text), environmentFrom: nullable(text) })],
  ['process.instance', object({ pid: number })],
  ['manifest', object({ path: text, image: text })],
  ['kubelet.config', config],
  ['kubelet.drop-ins', object({ files: list(config) })],
  ['kube-apiserver.authentication-config', config],
  ['kube-apiserver.authorization-config', config],
  ['kube-apiserver.admission-config', config],
  ['kube-apiserver.encryption-config', config],
  ['kube-scheduler.config', config],
  ['kube-proxy.config', config],
  ['etcd.config', config],
  ['config.age', object({ facts: record(text) })],
  ['files', object({ paths: list(text), sought: list(text), note: nullable(text) })],
  ['file', object({ mode: text, uid: number, gid: number, owner: nullable(text), group: nullable(text) })],
  [
    'kubeconfig',
    object({ users: list(object({ name: text, certificate: nullable(clientCertificate), problem: nullable(text) })) }),
  ],
  ['certificates', object({ certificates: list(certificate) })],
]);

/** True when a value has the fields of its fact that judging reads; facts without a shape take every value. */
export function hasShape(fact: string, value: Json): boolean {
  return shapes.get(fact)?.(value) ?? true;
}
