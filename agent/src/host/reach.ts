import type { BigIntStats } from 'node:fs';
import { type Directories, explain, type Place } from './directories.ts';
import { type Missing, missing, type Seen, seen } from './host.ts';

const maxLinks = 40;

/** What lies at a place after links: where it is and how it looks. */
export interface Reached {
  readonly place: Place;
  readonly stats: BigIntStats;
}

/** Follows a path to its end, and the links there. */
export async function reach(directories: Directories, path: string): Promise<Seen<Reached>> {
  const links = { left: maxLinks };
  for (let target = path; ; ) {
    const found = await directories.find(target, links);
    if (found.state !== 'observed') return target === path ? found : dangling(path, found);
    try {
      const place = found.value;
      const stats = await directories.look(place);
      if (!stats.isSymbolicLink()) return seen({ place, stats });
      const onward = await directories.follow(place, stats, links);
      if ('state' in onward) return onward;
      target = onward.path;
    } catch (error) {
      const answer = explain(error, found.value.path);
      return target === path ? answer : dangling(path, answer);
    }
  }
}

function dangling(path: string, answer: Missing): Missing {
  return answer.state === 'absent' ? missing('absent', `${path} is a link; ${answer.detail}`) : answer;
}
