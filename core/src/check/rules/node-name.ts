import type { CertificatesValue, FileSetValue, HostValue } from '../../facts.ts';
import { observedValue } from '../../node-view.ts';
import { type CheckContext, settingsHere } from '../context.ts';
import type { Evidence, Truth } from '../truth.ts';
import type { Rule } from './index.ts';

/**
 * How a name that overrides the host's compares: alone, is it the host's own name; with `files`, does the first certificate of that set
 * name another node? What is not known compares as no, and the evidence says so. The kubelet trims and lowers
 * both names. Source: k8s.io/component-helpers/node/util GetHostname; a kubelet's certificate names `system:node:NAME` when the cluster
 * issued it and `NAME@EPOCH` when the kubelet made it.
 */
export const nodeName: Rule = (context, operands) => {
  const [here] = settingsHere(context, 'hostname-override');
  const given = here?.setting.known ? here.setting.value : null;
  const name = nameOf(String(given ?? ''));
  const { files } = operands;
  return files === undefined ? ofHost(context, name) : ofCertificate(context, name, String(files));
};

function ofHost({ node }: CheckContext, name: string): Truth {
  const observation = node.view.get('node.host', 'node');
  const hostname = observedValue<HostValue>(observation)?.hostname;
  const holds = hostname !== undefined && nameOf(hostname) === name;
  const evidence: Evidence = {
    fact: 'node.host',
    subject: 'node',
    actual: hostname ?? observation?.detail ?? 'the name of the host is not known',
    expected: name,
    origin: { kind: 'file', key: 'hostname' },
    holds: hostname === undefined ? null : holds,
  };
  return { holds, evidence: [evidence] };
}

function ofCertificate({ node }: CheckContext, name: string, set: string): Truth {
  const [path] = observedValue<FileSetValue>(node.view.get('files', set))?.paths ?? [];
  const certificate =
    path === undefined
      ? undefined
      : observedValue<CertificatesValue>(node.view.get('certificates', path))?.certificates[0];
  const found = /CN=(?:system:node:(?<issued>[^,/]+)|(?<own>[^,/]+)@\d+)/.exec(certificate?.subject ?? '')?.groups;
  const named = found?.['issued'] ?? found?.['own'];
  const holds = named !== undefined && nameOf(named) !== name;
  const evidence: Evidence = {
    fact: 'certificates',
    subject: path ?? set,
    actual: certificate?.subject ?? 'the certificate is not known',
    expected: `another name than ${name}`,
    origin: { kind: 'file', ...(path === undefined ? {} : { path }) },
    holds: named === undefined ? null : holds,
  };
  return { holds, evidence: [evidence] };
}

function nameOf(text: string): string {
  return text.trim().toLowerCase();
}
