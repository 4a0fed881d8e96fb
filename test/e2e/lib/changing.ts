import { type ObjectChange, objectsOf } from './cluster-changes/object-change.ts';
import { asking, end, inCluster } from './in-cluster.ts';
import type { KubeObject } from './kube-writer.ts';
import type { Answer, Ask, Verdicts } from './object-poller.ts';

/** Changes objects of the cluster and sees the verdicts follow through REST. */
export interface Changing {
  /** Puts objects there before the first change and remembers the verdicts, once they no longer change, as the baseline of this name. */
  begin(name: string, objects: readonly KubeObject[]): Promise<Verdicts>;
  /** The three steps of a change: bad, good, and back. The second and third begin from what the one before left. */
  step(change: ObjectChange, step: Step): Promise<Answer>;
  /** Takes objects away and waits until the verdicts are those of the baseline. */
  end(name: string, objects: readonly KubeObject[], within: number): Promise<Answer>;
  /** Any other request. */
  ask(request: Ask): Promise<Answer>;
  stop(): void;
}

export type Step = 'bad' | 'good' | 'back';

/** Begins against the aggregator that listens on this port inside the cluster. */
export function changing(port: number, fixture: readonly KubeObject[]): Changing {
  const child = inCluster('test/e2e/lib/object-poller.ts', `http://127.0.0.1:${port}`);
  const ask = asking(child) as (request: Ask) => Promise<Answer>;
  return {
    ask,
    begin: async (name, objects) => (await ask({ apply: objects, baseline: name })).verdicts,
    step(change, step) {
      const [bad, good] = [objectsOf(change.bad), objectsOf(change.good)];
      if (step === 'bad') return ask({ apply: bad, until: change.seen });
      const apply = step === 'good' ? good : [];
      const gone = (step === 'good' ? bad : [...bad, ...good]).filter(
        (one) => !apply.some((other) => same(one, other)),
      );
      const [kept, remove] = [
        fixture.filter((one) => gone.some((other) => same(one, other))),
        gone.filter((one) => !fixture.some((other) => same(one, other))),
      ];
      return ask({ remove, apply: [...kept, ...apply], until: step === 'good' ? change.kept : {} });
    },
    end: (name, objects, within) => ask({ remove: objects, from: name, until: {}, within }),
    stop: () => end(child),
  };
}

function same(a: KubeObject, b: KubeObject): boolean {
  const id = (one: KubeObject) => [one.apiVersion, one.kind, one.metadata.namespace, one.metadata.name].join(' ');
  return id(a) === id(b);
}
