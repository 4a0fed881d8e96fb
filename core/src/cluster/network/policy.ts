/**
 * What a policy does to one direction of the pods it selects. `closes`: it denies everything by a rule; `opens`: it allows everything;
 * `passes`: it leaves everything to what comes after its tier.
 */
export type Bearing = 'none' | 'isolates' | 'opens' | 'closes' | 'passes';

/** A pod as policies select it. */
export interface SelectedPod {
  readonly labels: Readonly<Record<string, string>>;
  readonly account: string;
}

/** The namespace of a pod as policies select it. */
export interface SelectedNamespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A policy of any kind, as far as it bears on which pods are isolated. */
export interface NetworkPolicy {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** A tier of Calico that is asked before all others; '' for what has none. */
  readonly tier?: string;
  /** Lower is asked first; those that are all asked have the same. */
  readonly order: number;
  /** It does not look at labels of pods: whatever pod comes is selected, where the namespace is. */
  readonly whole: boolean;
  readonly ingress: Bearing;
  readonly egress: Bearing;
  /** Undefined: it cannot be understood. */
  selects(pod: SelectedPod, namespace: SelectedNamespace): boolean | undefined;
}

/** The order that Calico gives to policies of Kubernetes. */
export const kubernetesOrder = 1000;
