import {
  at,
  type CertificatesValue,
  type ClientCertificate,
  type FileSetValue,
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeconfigUser,
  type KubeconfigValue,
} from '@plumbline/core';
import { dirname, escapeText, type Seen, seen, tidy } from '../host/index.ts';
import { projectKubeconfig } from '../redact/kubeconfig.ts';
import { readDocument } from './config.ts';
import { pemContent, readPem } from './pem.ts';
import type { Collector, Survey } from './survey.ts';

const homes = '/home';
const mostHomes = 200;
const mostUsers = 100;

/** Who could sign in with what lies on this node: users of every kubeconfig of the platform and of people's homes. */
export const kubeconfigs: Collector = {
  name: 'kubeconfigs',
  yields: (survey) => known(survey).map((path) => ['kubeconfig', path] as const),
  async collect(survey, out) {
    for (const path of new Set([...known(survey), ...(await ofPeople(survey))])) {
      const read = await readDocument(survey, { path, asSeen: path }, projectKubeconfig);
      if (read.state === 'absent') continue;
      out.put('kubeconfig', path, read.state === 'observed' ? await usersOf(survey, path, read.value.document) : read);
    }
  },
};

/** Paths of the named sets of kubeconfigs, as far as they were looked for. */
function known(survey: Survey): readonly string[] {
  const paths = Object.keys(survey.platform.files)
    .filter((set) => set.endsWith('.kubeconfig'))
    .flatMap((set) => {
      const observation = survey.observed.get(`files\0${set}`);
      // The collector of files put it there in this shape.
      return observation?.state === 'observed' ? (observation.value as unknown as FileSetValue).paths : [];
    });
  return [...new Set(paths)].sort();
}

async function ofPeople({ host }: Survey): Promise<readonly string[]> {
  const listing = await host.list(homes, mostHomes);
  if (listing.state !== 'observed') return [];
  const names = listing.value.entries.filter(({ type }) => type === 'directory').map(({ name }) => name);
  return names.sort().map((name) => tidy(homes, name, '.kube/config'));
}

async function usersOf(survey: Survey, path: string, document: JsonObject): Promise<Seen<KubeconfigValue>> {
  const list = at(document, 'users');
  const entries: readonly Json[] = Array.isArray(list) ? list : [];
  const users: KubeconfigUser[] = [];
  for (const entry of entries.slice(0, mostUsers)) users.push(await userOf(survey, path, entry));
  return seen({ users, truncated: entries.length > mostUsers });
}

async function userOf(survey: Survey, path: string, entry: Json): Promise<KubeconfigUser> {
  const user = at(entry, 'user');
  const by = isJsonObject(user) ? Object.keys(user) : [];
  const name = String(at(entry, 'name') ?? '');
  const pem = await certificateOf(survey, path, user);
  if (!pem) return { name, by, certificate: null };
  if (pem.state !== 'observed') return { name, by, certificate: null, problem: pem.detail };
  const [first] = pem.value.certificates;
  if (!first) return { name, by, certificate: null, problem: 'no certificate where one should be' };
  const { subject, issuer, notBefore, notAfter } = first;
  return { name, by, certificate: { subject, issuer, notBefore, notAfter } satisfies ClientCertificate };
}

/** What stands in the file beats what lies beside it, as for every client. */
async function certificateOf(
  survey: Survey,
  path: string,
  user: Json | undefined,
): Promise<Seen<CertificatesValue> | undefined> {
  const data = at(user, 'client-certificate-data');
  if (typeof data === 'string' && isJsonObject(user)) return dataOf(path, user, data);
  const file = at(user, 'client-certificate');
  if (typeof file !== 'string') return undefined;
  return readPem(survey, file.startsWith('/') ? tidy(escapeText(file)) : tidy(dirname(path), escapeText(file)));
}

/** By the user's entry, which is the same object for as long as the file is the same. */
const read = new WeakMap<JsonObject, Seen<CertificatesValue>>();

function dataOf(path: string, user: JsonObject, data: string): Seen<CertificatesValue> {
  const content = read.get(user) ?? pemContent(path, Buffer.from(data, 'base64'));
  read.set(user, content);
  return content;
}
