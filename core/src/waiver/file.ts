import type { TSchema } from 'typebox';
import type { Pack } from '../pack/pack.ts';
import { PackError, type Problem, readYaml } from '../pack/yaml.ts';
import {
  type Attestation,
  type AttestationRequest,
  DecisionsFile,
  type Waiver,
  type WaiverRequest,
} from '../waiver.ts';
import type { Decisions } from './applies.ts';
import { decisionOf } from './request.ts';

/**
 * Reads a file of waivers and attestations, each as it would be sent over REST. Its id is file and line. Throws PackError with file and
 * line of everything that is wrong. What has expired is no mistake: it covers nothing.
 */
export function readDecisions(file: string, text: string, pack: Pack, now: number): Decisions {
  const problems: Problem[] = [];
  const read = readYaml<DecisionsFile>(file, text, DecisionsFile as TSchema, problems);
  const made = (kind: 'waivers' | 'attestations', requests: readonly (WaiverRequest | AttestationRequest)[] = []) =>
    requests.flatMap((request, index) => {
      const { problems: wrong, decision } = decisionOf(request, { pack, now, past: true });
      const lineOf = (field?: string) => Number(read?.lineOf([kind, index, ...(field === undefined ? [] : [field])]));
      for (const { field, message } of wrong)
        problems.push({ code: 'PLB_CONFIG_INVALID', file, line: lineOf(field), message: `${field}: ${message}` });
      return decision ? [{ ...decision, id: `${file}:${lineOf()}` }] : [];
    });
  const waivers = made('waivers', read?.value.waivers) as Waiver[];
  const attestations = made('attestations', read?.value.attestations) as Attestation[];
  if (problems.length > 0) throw new PackError(problems.map((one) => ({ ...one, code: 'PLB_CONFIG_INVALID' })));
  return { waivers, attestations };
}
