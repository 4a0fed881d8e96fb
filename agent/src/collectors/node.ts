import type { AccountsValue, AgentValue, HostValue, PlatformValue } from '@plumbline/core';
import agent from '../../package.json' with { type: 'json' };
import { escapeText, type Host, missing, type Reading } from '../host/index.ts';
import { findPlatform } from '../locate/index.ts';
import type { Collector, Out, Survey } from './survey.ts';

/** Host name, operating system, distribution, accounts, and the agent itself. */
export const node: Collector = {
  name: 'node',
  yields: () => ['node.host', 'node.platform', 'node.accounts', 'node.agent'].map((fact) => [fact, 'node'] as const),
  async collect(survey, out) {
    const { host, pack } = survey;
    const found = await findPlatform(host, pack.platforms);
    survey.platform = found.platform;
    if (found.because.length > 0) {
      out.see('node.platform', 'node', {
        platform: found.platform.platform,
        because: found.because,
      } satisfies PlatformValue);
    } else out.miss('node.platform', 'node', missing('absent', 'no mark of a known distribution is on this node'));
    await hostFact(host, out);
    await accounts(survey, out);
    const capabilities = await host.capabilities();
    const value: AgentValue = { version: agent.version, capabilities };
    const unwatched = survey.unwatched.slice(0, mostUnwatched);
    out.see('node.agent', 'node', unwatched.length === 0 ? value : { ...value, unwatched });
  },
};

/** Of more, the metrics say how many. */
const mostUnwatched = 20;

const hostName: Reading<string> = {
  recordAs: 'as-is',
  make: (content) => escapeText(content.toString('utf8').trim()),
};

interface Release {
  readonly os: string;
  readonly osVersion: string;
}

const shownRelease = /^(NAME|ID|VERSION_ID)=/;

const release: Reading<Release> = {
  recordAs: (content) =>
    `${content
      .toString('utf8')
      .split('\n')
      .filter((line) => shownRelease.test(line))
      .join('\n')}\n`,
  make: (content) => {
    const text = content.toString('utf8');
    const field = (key: string) => new RegExp(`^${key}=["']?(.*?)["']?\\s*$`, 'm').exec(text)?.[1] ?? '';
    return { os: field('NAME') || field('ID'), osVersion: field('VERSION_ID') };
  },
};

async function hostFact(host: Host, out: Out): Promise<void> {
  const name = await host.take('/etc/hostname', hostName);
  const system = await host.take('/etc/os-release', release);
  if (name.state !== 'observed' && system.state !== 'observed') {
    out.miss('node.host', 'node', system);
    return;
  }
  const { os, osVersion } = system.state === 'observed' ? system.value : { os: '', osVersion: '' };
  const hostname = name.state === 'observed' ? name.value : '';
  out.see('node.host', 'node', { hostname, os, osVersion } satisfies HostValue);
}

/** Names that controls ask for; null where the host has none. */
const asked = ['root', 'etcd'];

async function accounts(survey: Survey, out: Out): Promise<void> {
  const users = await survey.host.take('/etc/passwd', names);
  const groups = await survey.host.take('/etc/group', names);
  if (users.state === 'observed') survey.userNames = users.value.byId;
  if (groups.state === 'observed') survey.groupNames = groups.value.byId;
  if (users.state !== 'observed') out.miss('node.accounts', 'node', users);
  else if (groups.state !== 'observed') out.miss('node.accounts', 'node', groups);
  else
    out.see('node.accounts', 'node', {
      users: users.value.shown,
      groups: groups.value.shown,
    } satisfies AccountsValue);
}

type Named = readonly (readonly [name: string, id: number])[];

interface Names {
  readonly byId: ReadonlyMap<number, string>;
  readonly shown: Readonly<Record<string, number | null>>;
}

/** passwd and group both begin with name, a password field and the id. */
const names: Reading<Names> = {
  recordAs: (content) =>
    content
      .toString('utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name, , id]) => (id === undefined ? '' : `${name}:x:${id}`))
      .join('\n'),
  make: (content) => {
    const lines = content
      .toString('utf8')
      .split('\n')
      .map((line) => line.split(':'));
    const named = lines.flatMap(([name, , id]) =>
      name && /^\d+$/.test(id ?? '') ? [[escapeText(name), Number(id)] as const] : [],
    );
    return { byId: byId(named), shown: shown(named) };
  },
};

/** The first name of an id counts, as in getpwuid(3). */
function byId(named: Named): ReadonlyMap<number, string> {
  return new Map(named.map(([name, id]) => [id, name] as const).reverse());
}

function shown(named: Named): Readonly<Record<string, number | null>> {
  const all = new Map(named.map(([name, id]) => [name, id] as const).reverse());
  const names = [...asked, ...[...all.keys()].filter((name) => name.startsWith('kube')).sort()];
  return Object.fromEntries(names.map((name) => [name, all.get(name) ?? null]));
}
