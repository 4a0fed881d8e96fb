import { cni } from './cni.ts';
import { configs } from './config.ts';
import { configAges } from './config-age.ts';
import { files } from './files.ts';
import { kubeconfigs } from './kubeconfigs.ts';
import { kubeletConfig } from './kubelet-config.ts';
import { node } from './node.ts';
import { kubelets, processes } from './processes.ts';
import type { Collector } from './survey.ts';
import { units } from './unit.ts';

/** Every collector, in an order in which each finds what it needs from those before. */
export const collectors: readonly Collector[] = [
  node,
  kubelets,
  kubeletConfig,
  processes,
  configs,
  configAges,
  units,
  cni,
  files,
  kubeconfigs,
];
export type { Collector, Key, Out, Survey } from './survey.ts';
