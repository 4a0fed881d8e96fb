import { baseName } from '../host/index.ts';
import type { Candidate } from './candidates.ts';
import { type Ground, type Vouched, vouch } from './vouch.ts';

/** A genuine running instance of a component. `subject` names it in observations. */
export interface Instance extends Candidate {
  readonly subject: string;
  readonly vouched: Vouched & { ok: true };
}

/** A process that carries a component's name and is not it. */
export interface Ignored {
  readonly component: string;
  readonly pid: number;
  readonly name: string;
  readonly why: string;
}

/** Who is who among candidates. */
export interface Located {
  readonly instances: readonly Instance[];
  readonly ignored: readonly Ignored[];
}

interface Genuine {
  readonly candidate: Candidate;
  readonly vouched: Vouched & { ok: true };
}

/** Splits candidates into instances and impostors. The second instance at the same place gets `#2`, in order of start. */
export async function locate(candidates: readonly Candidate[], ground: Ground): Promise<Located> {
  const genuine: Genuine[] = [];
  const ignored: Ignored[] = [];
  for (const candidate of candidates) {
    const vouched = await vouch(candidate, ground);
    if (vouched.ok) genuine.push({ candidate, vouched });
    else ignored.push(ignore(candidate, vouched.why));
  }
  const own = genuine.filter((one) => {
    const why = subordinate(one, genuine);
    if (why) ignored.push(ignore(one.candidate, why));
    return why === undefined;
  });
  own.sort(
    (a, b) => Number(a.candidate.startTime) - Number(b.candidate.startTime) || a.candidate.pid - b.candidate.pid,
  );
  const counts = new Map<string, number>();
  const instances = own.map(({ candidate, vouched }): Instance => {
    const base = `${candidate.component}@${vouched.runsAs.name}`;
    const count = (counts.get(base) ?? 0) + 1;
    counts.set(base, count);
    return { ...candidate, vouched, subject: count === 1 ? base : `${base}#${count}` };
  });
  return { instances, ignored: ignored.sort((a, b) => a.pid - b.pid) };
}

function ignore(candidate: Candidate, why: string): Ignored {
  return {
    component: candidate.component,
    pid: candidate.pid,
    name: baseName(candidate.argv[0] ?? '').slice(0, 120),
    why,
  };
}

/** A child of the component, or a second process that was started inside its container, is not another instance. */
function subordinate(one: Genuine, all: readonly Genuine[]): string | undefined {
  const { candidate } = one;
  const siblings = all.filter((other) => other !== one && other.candidate.component === candidate.component);
  if (siblings.some((other) => other.candidate.pid === candidate.status.parent))
    return `child of process ${candidate.status.parent}`;
  const { cgroup } = candidate;
  if (cgroup.kind !== 'pod' || candidate.status.pids.at(-1) === 1) return undefined;
  const main = siblings.find(
    ({ candidate: other }) =>
      other.cgroup.kind === 'pod' &&
      other.cgroup.container === cgroup.container &&
      other.cgroup.uid === cgroup.uid &&
      other.status.pids.at(-1) === 1,
  );
  return main && `started inside the container of process ${main.candidate.pid}`;
}
