import type { FileValue } from '@plumbline/core';
import { missing, seen } from '../host/index.ts';
import { fileSet } from './file-sets.ts';
import { readPem } from './pem.ts';
import type { Collector, Out, Survey } from './survey.ts';

/** Named sets whose certificates are read. Kubeconfigs carry certificates too, and are never opened. */
const withCertificates = /^(pki(\.|$)|kubelet\.serving-certificate$|.*\.client-ca$)/;

/** Every named set of the platform, type, mode and owner of each file in it, and certificates where controls compare them. */
export const files: Collector = {
  name: 'files',
  yields: (survey) => Object.keys(survey.platform.files).map((set) => ['files', set] as const),
  async collect(survey, out) {
    const looked = new Set<string>();
    for (const [set, sources] of Object.entries(survey.platform.files)) {
      const found = await fileSet(survey, sources);
      if ('state' in found) {
        out.miss('files', set, found);
        continue;
      }
      for (const path of found.paths) {
        if (!looked.has(path)) await fileFact(survey, path, out);
        looked.add(path);
        if (withCertificates.test(set) && !/\.key$/i.test(path)) await certificates(survey, path, out);
      }
      out.see('files', set, found);
    }
  },
};

async function fileFact(survey: Survey, path: string, out: Out): Promise<void> {
  const stat = await survey.host.stat(path);
  if (stat.state !== 'observed') {
    out.miss('file', path, stat);
    return;
  }
  const { type, mode, uid, gid, path: target } = stat.value;
  // Mode and owner of a pipe or a device say nothing about the file that should be there.
  if (type !== 'file' && type !== 'directory') {
    out.miss('file', path, missing('malformed', `${path}: not a regular file`));
    return;
  }
  out.see('file', path, {
    type,
    mode: mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    owner: survey.userNames.get(uid) ?? null,
    group: survey.groupNames.get(gid) ?? null,
    ...(target === path ? {} : { target }),
  } satisfies FileValue);
}

async function certificates(survey: Survey, path: string, out: Out): Promise<void> {
  const stat = survey.observed.get(`file\0${path}`)?.value;
  if (typeof stat === 'object' && stat !== null && 'type' in stat && stat.type === 'directory') return;
  const pem = await readPem(survey, path);
  out.put('certificates', path, pem.state === 'observed' ? seen(pem.value) : pem);
}
