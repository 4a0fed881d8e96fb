import type { CheckContext } from '../context.ts';
import type { Truth } from '../truth.ts';
import { encryptionProviders } from './encryption-providers.ts';
import { etcdOwnCa } from './etcd-own-ca.ts';
import { nodeName } from './node-name.ts';
import { servingCertificate } from './serving-certificate.ts';

/** A rule for what operators cannot say: a pure function with evidence. */
export type Rule = (context: CheckContext, operands: Readonly<Record<string, string | readonly string[]>>) => Truth;

/** Every rule by name. At most a dozen: what an operator can say does not belong here. */
export const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['encryption-providers', encryptionProviders],
  ['etcd-own-ca', etcdOwnCa],
  ['node-name', nodeName],
  ['serving-certificate', servingCertificate],
]);
