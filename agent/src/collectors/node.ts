import type { AccountsValue, AgentValue, HostValue, PlatformValue } from '@plumbline/core';
import agent from '../../package.json' with { type: 'json' };
import { escapeText, type Host, missing, type Seen } from '../host/index.ts';
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
    out.see('node.agent', 'node', { version: agent.version, capabilities } satisfies AgentValue);
  },
};

async function textOf(
  host: Host,
  path: string,
  recordAs: 'as-is' | ((content: Buffer) => string),
): Promise<Seen<string>> {
  const content = await host.read(path, { recordAs });
  return content.state === 'observed' ? { state: 'observed', value: content.value.bytes.toString('utf8') } : content;
}

const shownRelease = /^(NAME|ID|VERSION_ID)=/;

async function hostFact(host: Host, out: Out): Promise<void> {
  const name = await textOf(host, '/etc/hostname', 'as-is');
  const onlyShown = (content: Buffer) =>
    `${content
      .toString('utf8')
      .split('\n')
      .filter((line) => shownRelease.test(line))
      .join('\n')}\n`;
  const release = await textOf(host, '/etc/os-release', onlyShown);
  if (name.state !== 'observed' && release.state !== 'observed') {
    out.miss('node.host', 'node', release);
    return;
  }
  const text = release.state === 'observed' ? release.value : '';
  const field = (key: string) => new RegExp(`^${key}=["']?(.*?)["']?\\s*$`, 'm').exec(text)?.[1] ?? '';
  const value: HostValue = {
    hostname: name.state === 'observed' ? escapeText(name.value.trim()) : '',
    os: field('NAME') || field('ID'),
    osVersion: field('VERSION_ID'),
  };
  out.see('node.host', 'node', value);
}

/** Names that controls ask for; null where the host has none. */
const asked = ['root', 'etcd'];

async function accounts(survey: Survey, out: Out): Promise<void> {
  const users = await namesIn(survey.host, '/etc/passwd');
  const groups = await namesIn(survey.host, '/etc/group');
  if (users.state === 'observed') survey.userNames = byId(users.value);
  if (groups.state === 'observed') survey.groupNames = byId(groups.value);
  if (users.state !== 'observed') out.miss('node.accounts', 'node', users);
  else if (groups.state !== 'observed') out.miss('node.accounts', 'node', groups);
  else
    out.see('node.accounts', 'node', {
      users: shown(users.value),
      groups: shown(groups.value),
    } satisfies AccountsValue);
}

type Named = readonly (readonly [name: string, id: number])[];

/** passwd and group both begin with name, a password field and the id. */
async function namesIn(host: Host, path: string): Promise<Seen<Named>> {
  const bare = (content: Buffer) =>
    content
      .toString('utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name, , id]) => (id === undefined ? '' : `${name}:x:${id}`))
      .join('\n');
  const text = await textOf(host, path, bare);
  if (text.state !== 'observed') return text;
  const lines = text.value.split('\n').map((line) => line.split(':'));
  const named = lines.flatMap(([name, , id]) =>
    name && /^\d+$/.test(id ?? '') ? [[escapeText(name), Number(id)] as const] : [],
  );
  return { state: 'observed', value: named };
}

/** The first name of an id counts, as in getpwuid(3). */
function byId(named: Named): ReadonlyMap<number, string> {
  return new Map(named.map(([name, id]) => [id, name] as const).reverse());
}

function shown(named: Named): Readonly<Record<string, number | null>> {
  const all = new Map(named.map(([name, id]) => [name, id] as const).reverse());
  const names = [...asked, ...[...all.keys()].filter((name) => name.startsWith('kube')).sort()];
  return Object.fromEntries(names.map((name) => [name, all.get(name) ?? null]));
}
