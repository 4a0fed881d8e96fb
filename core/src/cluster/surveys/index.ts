import type { Survey } from '../survey.ts';
import { unusedNamespace } from './unused-namespace.ts';
import { workloadRule } from './workload-rule.ts';

/** Every survey by name; a control of the cluster names one of them. */
export const surveys: ReadonlyMap<string, Survey> = new Map<string, Survey>([
  ['unused-namespace', unusedNamespace],
  ['workload-rule', workloadRule],
]);
