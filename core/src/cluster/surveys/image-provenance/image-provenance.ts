import Type from 'typebox';
import type { Evidence } from '../../../check/truth.ts';
import { counted } from '../../../words.ts';
import { apiServersOf } from '../../control-plane.ts';
import { fieldEvidence, limited } from '../../evidence.ts';
import type { ClusterObject } from '../../objects.ts';
import { engineResources, engineVerifiers } from '../../provenance/engines.ts';
import { imagePolicyWebhook, type WebhookState } from '../../provenance/image-policy-webhook.ts';
import type { Verifier } from '../../provenance/verifier.ts';
import type { ClusterContext, Judged, Survey } from '../../survey.ts';
import { imagesOf, isPinned } from '../../workload-images.ts';

/** Does something refuse images of unknown origin in every namespace but those of the system? */
export const imageProvenance: Survey = {
  schema: Type.Object({}, { additionalProperties: false }),
  each: 'cluster',
  needs: () => ['namespaces', 'pods', ...engineResources],
  facts: true,
  judge: (context) => [{ subject: 'cluster', ...verdict(context) }],
};

type Verdict = Omit<Judged, 'subject'>;

function verdict(context: ClusterContext): Verdict {
  const found = apiServersOf(context);
  const states = found.servers.map(imagePolicyWebhook);
  const namespaces = context.view
    .all('namespaces')
    .filter(({ name }) => !context.isSystem(name) && !context.isExcluded(name));
  const verifiers = [...webhookVerifiers(states, found.unseen.length === 0), ...engineVerifiers(context)];
  const { open, weak, partly } = openNamespaces(verifiers, namespaces);
  const evidence = limited([
    ...verifiers.map(({ line }) => line),
    ...unverified(states, verifiers),
    pinned(context, namespaces),
  ]);
  const make = (status: Judged['status'], reason: string, message: string): Verdict => ({
    status,
    reason,
    message,
    evidence,
  });
  if (open.length === 0 && verifiers.length > 0)
    return make(
      'pass',
      'as-expected',
      'What verifies images refuses those of unknown origin in every namespace but those of the system.',
    );
  const unknown = states.find(({ state }) => state === 'unknown');
  if (unknown) return make('error', unknown.reason, unknown.detail);
  if (verifiers.length === 0) {
    if (found.unseen.length > 0 || (found.servers.length === 0 && found.managed === undefined))
      return make(
        'error',
        'no-control-plane-seen',
        'Not every API server is seen, which could have the plugin ImagePolicyWebhook; no policy engine verifies images.',
      );
    return make(
      'fail',
      'nothing-verifies',
      'Nothing verifies where images come from: no ImagePolicyWebhook, and no policy of an engine that is known here.',
    );
  }
  const where = `${open.length} of ${counted(namespaces.length, 'namespace')} (${open.slice(0, 3).join(', ')})`;
  const reason = weak ? 'not-enforced' : partly ? 'not-all-images' : 'not-everywhere';
  const because = weak ? `: ${weak}` : partly ? ': some pods or images are left out' : '';
  return make('warn', reason, `Images are verified, but not in ${where}${because}; confirm what runs there.`);
}

/** One verifier from all API servers, because any of them may be asked. */
function webhookVerifiers(states: readonly WebhookState[], all: boolean): readonly Verifier[] {
  const [first] = states.filter(({ state }) => state === 'open' || state === 'closed');
  if (!first) return [];
  const weakness =
    !all || states.some(({ state }) => state === 'off' || state === 'unknown')
      ? 'not every API server asks the image policy webhook'
      : states.some(({ state }) => state === 'open')
        ? 'the image policy webhook lets images in while its backend does not answer'
        : '';
  const line = states.find(({ line: one }) => one.holds !== true)?.line ?? first.line;
  return [{ line, enforces: weakness === '', weakness, reach: () => 'whole' }];
}

interface Open {
  readonly open: readonly string[];
  readonly weak: string;
  readonly partly: boolean;
}

function openNamespaces(verifiers: readonly Verifier[], namespaces: readonly ClusterObject[]): Open {
  const strong = verifiers.filter(({ enforces }) => enforces);
  const open = namespaces.filter((one) => !strong.some(({ reach }) => reach(one) === 'whole'));
  const soft = verifiers.find(({ enforces, reach }) => !enforces && open.some((one) => reach(one) !== 'none'));
  const partly = strong.some(({ reach }) => open.some((one) => ['partly', 'unclear'].includes(reach(one))));
  return { open: open.map(({ name }) => name), weak: soft?.weakness ?? '', partly };
}

function unverified(states: readonly WebhookState[], verifiers: readonly Verifier[]): readonly Evidence[] {
  return verifiers.length === 0 ? states.map(({ line }) => line) : [];
}

/** Digests say what runs, not who made it; they are shown beside. */
function pinned({ view }: ClusterContext, namespaces: readonly ClusterObject[]): Evidence {
  const images = new Set(namespaces.flatMap(({ name }) => view.workloads(name).flatMap(imagesOf)));
  const fixed = [...images].filter(isPinned).length;
  const field = { kind: 'Pod', namespace: '', name: '', key: 'spec.containers[].image' };
  return fieldEvidence(field, `${fixed} of ${images.size} images by digest`, 'images are verified at admission', null);
}
