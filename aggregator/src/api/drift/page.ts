import type { VerdictsBetween } from '../../store/consequences.ts';
import type { DriftQueries } from '../../store/drift.ts';
import type { Journal } from '../../store/journal.ts';
import { type Described, describer, idOf } from './describe.ts';
import { type FeedQuery, openFeed, type Positions } from './feed.ts';
import type { ChangeAnswer } from './schema.ts';
import { consequencesOf } from './verdicts.ts';

/** Ports of a page. */
export interface PageParts {
  readonly drift: DriftQueries;
  readonly journal: Journal;
  readonly verdictsBetween: VerdictsBetween;
  readonly names: ReadonlyMap<number, string>;
}

/** What a page holds. `skip`: groups of its first window that an earlier page had. */
export interface PageQuery extends FeedQuery {
  readonly start: Positions;
  readonly skip: number;
  readonly limit: number;
  readonly grouped: boolean;
  readonly nodeName: string | null | undefined;
  readonly causes: ReadonlySet<string> | undefined;
  /** Does a change belong to what was asked for, judged by its control and the verdicts that followed? */
  readonly control: ((slug: string) => boolean) | undefined;
}

/** A page, and where the next begins; undefined after the last. */
export interface Page {
  readonly changes: readonly ChangeAnswer[];
  readonly next: { readonly start: Positions; readonly skip: number } | undefined;
}

/** Alike changes of many nodes within this time are one. */
const windowMs = 60_000;
/** Changes that one window holds; a larger roll-out is cut into several. */
const mostInWindow = 10_000;
const mostNodes = 50;

interface Group {
  readonly first: Described;
  readonly members: Described[];
}

/** Windows of a minute, the youngest first, until the page is full or enough was read. */
export function pageOf(parts: PageParts, query: PageQuery): Page {
  const feed = openFeed(parts, query, query.start, query.nodeName);
  const describe = describer(parts.drift, parts.names);
  const changes: ChangeAnswer[] = [];
  let { start, skip } = query;
  let read = 0;
  let ahead: Described | undefined;
  for (;;) {
    const window = readWindow(ahead, start);
    read += window.read;
    for (const [index, group] of window.groups.entries()) {
      if (index < skip) continue;
      if (changes.length === query.limit) return { changes, next: { start, skip: index } };
      const answer = answerOf(group);
      if (answer) changes.push(answer);
    }
    [start, skip, ahead] = [window.end, 0, window.ahead];
    const left = ahead !== undefined || Object.values(start).some((id) => id > 0);
    if (!left) return { changes, next: undefined };
    if (changes.length === query.limit || read >= mostInWindow || !ahead) return { changes, next: { start, skip: 0 } };
  }

  function readWindow(first: Described | undefined, from: Positions) {
    const groups = new Map<string, Group>();
    let end = from;
    const pull = () => {
      end = feed.positions();
      const change = feed.next();
      if (!change) end = feed.positions();
      return change && describe(change);
    };
    let next = first ?? pull();
    const most = query.grouped ? mostInWindow : query.limit;
    const oldest = query.grouped ? (next?.change.at ?? 0) - windowMs : 0;
    let count = 0;
    while (next && count < most && next.change.at > oldest) {
      count++;
      if (query.causes?.has(next.shape.cause) ?? true) add(groups, next);
      next = pull();
    }
    return { groups: [...groups.values()], end, ahead: next, read: count };
  }

  function add(groups: Map<string, Group>, one: Described): void {
    const { shape } = one;
    // Values may differ in ways that nobody reads, such as the order of a map.
    if (shape.kind === 'drift' && shape.changesTotal === 0 && shape.before === shape.after) return;
    const key = query.grouped ? one.alike : idOf(one.change);
    const group = groups.get(key);
    if (group) group.members.push(one);
    else groups.set(key, { first: one, members: [one] });
  }

  function answerOf({ first, members }: Group): ChangeAnswer | undefined {
    const { shape } = first;
    const nodes = [...new Set(members.flatMap(({ node }) => (node === null ? [] : [node])))].sort();
    const listed = new Set(nodes.slice(0, mostNodes));
    const verdicts = shape.kind === 'drift' ? followed(members, listed) : [];
    const { control } = query;
    const touched = [...verdicts.map((one) => one.control), ...(shape.control === null ? [] : [shape.control])];
    if (control && !touched.some(control)) return undefined;
    return {
      ...shape,
      id: idOf(first.change),
      at: iso(first.change.at),
      firstAt: iso(members.at(-1)?.change.at ?? first.change.at),
      nodes: [...listed],
      nodesTotal: nodes.length,
      verdicts,
    };
  }

  function followed(members: readonly Described[], listed: ReadonlySet<string>): ChangeAnswer['verdicts'] {
    const found = new Map<string, ChangeAnswer['verdicts'][number]>();
    for (const { change, node, values } of members) {
      if (!('list' in change) || (node !== null && !listed.has(node))) continue;
      const cause = { node: change.node, at: change.at, subject: change.subject, values };
      for (const { benchmark, number, control, title, severity, before, after } of consequencesOf(
        cause,
        parts.verdictsBetween,
      )) {
        const key = JSON.stringify([benchmark, number, before, after]);
        const same = found.get(key);
        if (same) same.nodes++;
        else found.set(key, { benchmark, number, control, title, severity, before, after, nodes: 1 });
      }
    }
    return [...found.values()];
  }
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
