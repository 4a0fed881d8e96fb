import type { FileSetValue, FileValue } from '../facts.ts';
import { observedValue, platformOf, usualPlatform } from '../node-view.ts';
import { reasonOf } from '../settings/from-observation.ts';
import type { CheckContext } from './context.ts';
import { type Comparison, compare, expectation } from './operators.ts';
import { type Evidence, every, type Truth, unknown } from './truth.ts';

/** Every file of a named set against one operator; the files that do not satisfy it are the evidence, else all (at most ten). */
export function filesLeaf(context: CheckContext, set: string, wanted: Comparison): Truth {
  const { view } = context.node;
  const observation = view.get('files', set);
  const files = observedValue<FileSetValue>(observation);
  if (!observation || !files)
    return unknown(reasonOf(observation), observation?.detail ?? `the files ${set} were not observed`);
  const truths = files.paths.map((path) => fileTruth(context, set, path, wanted));
  if (files.truncated)
    truths.push(unknown('too-large', `more files below ${files.sought.join(', ')} than are looked at`));
  if (truths.length === 0) {
    const evidence: Evidence = {
      fact: 'files',
      subject: set,
      actual: files.note ?? 'no such file',
      expected: expectation(wanted),
      origin: { kind: 'stat', path: files.sought.join(', ') },
      holds: true,
      observedAt: observation.observedAt,
    };
    return { holds: true, evidence: [evidence], vacuous: true };
  }
  const whole = every(truths);
  return whole.holds === true && whole.evidence.length > 10
    ? { ...whole, evidence: [...whole.evidence.slice(0, 10), rest(set, whole.evidence.length - 10, files, wanted)] }
    : whole;
}

function rest(set: string, more: number, files: FileSetValue, wanted: Comparison): Evidence {
  return {
    fact: 'files',
    subject: set,
    actual: `${more} more files, all as expected`,
    expected: expectation(wanted),
    origin: { kind: 'stat', path: files.sought.join(', ') },
    holds: true,
  };
}

function fileTruth(context: CheckContext, set: string, path: string, wanted: Comparison): Truth {
  const observation = context.node.view.get('file', path);
  const file = observedValue<FileValue>(observation);
  if (!observation || !file) {
    const detail = observation?.detail ?? 'was not observed';
    return unseen(path, wanted, reasonOf(observation), detail.includes(path) ? detail : `${path}: ${detail}`);
  }
  // Mode and owner of a directory say nothing about the file that should be there.
  if (file.type === 'directory' && !holdsDirectories(context, set))
    return unseen(path, wanted, 'parse-error', `${path}: a directory where a file should be`);
  const actual = wanted.operator === 'ownedBy' ? ownerOf(file, String(wanted.operand)) : file.mode;
  const holds = compare(actual, wanted);
  const link = file.target === undefined ? {} : { key: `-> ${file.target}` };
  return {
    holds,
    evidence: [
      {
        fact: 'file',
        subject: path,
        actual,
        expected: expectation(wanted),
        origin: { kind: 'stat', path, ...link },
        holds,
        observedAt: observation.observedAt,
      },
    ],
  };
}

function unseen(path: string, wanted: Comparison, reason: string, detail: string): Truth {
  const expected = expectation(wanted);
  const origin = { kind: 'stat', path } as const;
  return unknown(reason, detail, [{ fact: 'file', subject: path, actual: null, expected, origin, holds: null }]);
}

/** Does the platform of the node want directories in this set? Of a platform that nobody knows nothing is claimed. */
function holdsDirectories({ node }: CheckContext, set: string): boolean {
  const platform = platformOf(node.view) ?? usualPlatform;
  const sources = node.pack.platforms.find((one) => one.platform === platform)?.files[set];
  return sources === undefined || sources.some((one) => one.directories);
}

/** `0:0` compares ids; a name compares the host's names of the ids. */
function ownerOf(file: FileValue, wanted: string): string {
  if (/^\d+:\d+$/.test(wanted)) return `${file.uid}:${file.gid}`;
  return `${file.owner ?? file.uid}:${file.group ?? file.gid}`;
}

/** Is any file of a named set there? */
export function anyFileLeaf(context: CheckContext, set: string): Truth {
  const observation = context.node.view.get('files', set);
  const files = observedValue<FileSetValue>(observation);
  if (!files) return unknown(reasonOf(observation), observation?.detail ?? `the files ${set} were not observed`);
  const holds = files.paths.length > 0;
  const actual = holds ? files.paths.slice(0, 5).join(', ') : (files.note ?? 'none');
  return {
    holds,
    evidence: [
      {
        fact: 'files',
        subject: set,
        actual,
        expected: 'a file',
        origin: { kind: 'stat', path: files.sought.join(', ') },
        holds,
      },
    ],
  };
}
