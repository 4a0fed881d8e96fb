import {
  type Control,
  chooseDocument,
  type Json,
  judgeNode,
  nodeView,
  type Observation,
  type RanWith,
  runningView,
  type Verdict,
} from '@plumbline/core';
import { describe, expect, test } from 'vitest';
import { nodeContext } from '../../core/src/check/context.ts';
import { marked } from '../../core/src/check/pending.ts';
import { withPending } from '../../core/src/pending.ts';
import { shippedPack } from '../pack.ts';

const pack = shippedPack();
const at = '2026-01-01T00:00:00.000Z';
const kubelet = 'kubelet@kubelet.service';
const server = 'kube-apiserver@kube-system/kube-apiserver';

function see(fact: string, subject: string, value: Json): Observation {
  return { fact, subject, state: 'observed', value, observedAt: at };
}

function process(component: string, subject: string, argv: readonly string[]): Observation[] {
  return [
    see('component', component, { instances: [subject], manifests: [] }),
    see('process', subject, { component, argv: [component, ...argv], environment: {}, environmentFrom: 'process' }),
    see('process.instance', subject, { pid: 7, startTime: '700' }),
  ];
}

const config = (fact: string, subject: string, document: Json) =>
  see(fact, subject, { path: `/etc/${fact}`, document });
const age = (subject: string, facts: Json) => see('config.age', subject, { facts });
const none = (component: string): Observation => ({
  fact: 'component',
  subject: component,
  state: 'absent',
  observedAt: at,
});

/** Judges one made control in a world. */
function judge(
  check: NonNullable<Control['check']>,
  observations: readonly Observation[],
  { ran, minor = '1.34', subject = 'kubelet' }: { ran?: RanWith; minor?: string | null; subject?: string } = {},
): Verdict {
  const control: Control = {
    slug: 'made',
    title: 'T',
    severity: 'low',
    subject,
    why: 'w',
    remedy: 'r',
    params: {},
    check,
  };
  const role = subject === 'kubelet' ? 'node' : 'control-plane';
  const entry = { number: '4.1.1', control: 'made', level: '1', by: 'automated', role } as const;
  const choice = { ...chooseDocument(pack, { major: 1, minor: 34 }) };
  const document = { ...choice.document, controls: [entry] };
  const [finding] = judgeNode({
    pack: { ...pack, controls: new Map([['made', control]]) },
    view: nodeView('n', [...['kube-apiserver', 'kubelet', 'etcd'].map(none), ...observations]),
    versions: minor === null ? {} : { kubelet: minor, controlPlane: minor },
    documents: { controlPlane: { ...choice, document }, node: { ...choice, document } },
    ...(ran ? { ran } : {}),
    now: at,
  });
  if (!finding) throw new Error('no finding');
  return finding;
}

const anonymous = (enabled: Json): Json => ({ authentication: { anonymous: { enabled } } });
const off = { pass: { setting: 'authentication.anonymous.enabled', equals: 'false' } } as const;
const runs = process('kubelet', kubelet, ['--config=/etc/kubelet.config']);
const lies = [...runs, config('kubelet.config', kubelet, anonymous(true))];
const changed = (when: string) => [...lies, age(kubelet, { 'kubelet.config': when })];
const ranWith =
  (document: Json, fact = 'kubelet.config', subject = kubelet): RanWith =>
  (...asked) => {
    expect(asked).toEqual([fact, subject]);
    return { ...config(fact, subject, document), observedAt: '2025-12-01T00:00:00.000Z' };
  };
const never: RanWith = () => {
  throw new Error('history must not be asked');
};

describe('a file that changed after its process started', () => {
  test('is judged as the process read it, and says what comes', () => {
    const found = judge(off, changed('after-start'), { ran: ranWith(anonymous(false)) });
    expect(found).toMatchObject({ status: 'pass', reason: 'as-expected' });
    expect(found.evidence).toEqual([
      {
        fact: 'setting authentication.anonymous.enabled',
        subject: kubelet,
        actual: false,
        expected: 'false',
        origin: { kind: 'file', path: '/etc/kubelet.config', key: 'authentication.anonymous.enabled' },
        holds: true,
        pending: {
          actual: true,
          origin: { kind: 'file', path: '/etc/kubelet.config', key: 'authentication.anonymous.enabled' },
          holds: false,
          running: 'observed',
        },
      },
    ]);
    expect(found.message).toBe(
      `authentication.anonymous.enabled is false (file /etc/kubelet.config authentication.anonymous.enabled), expected false; pending: /etc/kubelet.config changed after ${kubelet} started; from its restart on fail: authentication.anonymous.enabled is true (file /etc/kubelet.config authentication.anonymous.enabled), expected false`,
    );
  });

  test('a fix that waits for its restart is a failure still', () => {
    const fixed = [
      ...runs,
      config('kubelet.config', kubelet, anonymous(false)),
      age(kubelet, { 'kubelet.config': 'after-start' }),
    ];
    const found = judge(off, fixed, { ran: ranWith(anonymous(true)) });
    expect(found).toMatchObject({
      status: 'fail',
      evidence: [{ actual: true, holds: false, pending: { actual: false, holds: true } }],
    });
    expect(found.message).toContain('from its restart on pass: ');
  });

  test.each([
    ['before-start', 'older than the process', never],
    ['after-start', 'changed and put back', ranWith(anonymous(true))],
    ['touched', 'touched only', ranWith(anonymous(true))],
    ['touched', 'touched, and nobody remembers', undefined],
  ])('%s: %s is judged as it lies, and nothing is pending', (when, _says, ran) => {
    const found = judge(off, changed(when), ran ? { ran } : {});
    expect(found).toEqual(judge(off, lies));
    expect(found.evidence[0]).not.toHaveProperty('pending');
  });

  test('touched, and other content is remembered', () => {
    expect(judge(off, changed('touched'), { ran: ranWith(anonymous(false)) }).status).toBe('pass');
  });

  test.each([
    ['no history', undefined],
    ['a history that does not reach back', () => undefined],
  ] as const)('with %s it is judged as it lies, marked and said', (_says, ran) => {
    const found = judge(off, changed('after-start'), ran ? { ran } : {});
    expect(found.status).toBe('fail');
    expect(found.evidence[0]).toMatchObject({
      actual: true,
      holds: false,
      pending: { actual: true, holds: false, running: 'unknown' },
    });
    expect(found.message).toMatch(
      /; pending: \/etc\/kubelet.config changed after kubelet@kubelet.service started, and what it read then was not seen, so that it may run with something else until it restarts$/,
    );
  });

  test('what does not rest on the file is not marked', () => {
    const flag = [
      ...process('kubelet', kubelet, ['--config=/etc/kubelet.config', '--anonymous-auth=false']),
      config('kubelet.config', kubelet, anonymous(true)),
    ];
    const aged = [...flag, age(kubelet, { 'kubelet.config': 'after-start' })];
    expect(judge(off, aged, { ran: ranWith(anonymous(false)) })).toEqual(judge(off, flag));
    expect(judge(off, aged)).toEqual(judge(off, flag));
  });

  test('a file that is broken or gone since: the process runs on', () => {
    const gone: Observation = {
      fact: 'kubelet.config',
      subject: kubelet,
      state: 'absent',
      detail: '/etc/kubelet.config does not exist',
      observedAt: at,
    };
    const world = [...runs, gone, age(kubelet, { 'kubelet.config': 'after-start' })];
    const found = judge(off, world, { ran: ranWith(anonymous(false)) });
    expect(found).toMatchObject({
      status: 'pass',
      evidence: [{ actual: false, pending: { actual: null, holds: null } }],
    });
    expect(found.message).toContain('pending: kubelet.config changed');
    expect(found.message).toContain('from its restart on error: /etc/kubelet.config does not exist');
    expect(judge(off, world, { ran: () => undefined })).toEqual(judge(off, [...runs, gone]));
  });

  test('what the process read could not be judged: what comes is told', () => {
    const then: Observation = {
      fact: 'kubelet.config',
      subject: kubelet,
      state: 'malformed',
      detail: 'broken',
      observedAt: at,
    };
    const found = judge(off, changed('after-start'), { ran: () => then });
    expect(found).toMatchObject({
      status: 'error',
      reason: 'parse-error',
      evidence: [{ actual: null, holds: null, pending: { actual: true, holds: false } }],
    });
  });

  test('a drop-in that came is named with its own place', () => {
    const dropIns = (...files: readonly Json[]) =>
      see('kubelet.drop-ins', kubelet, { directory: '/etc/conf.d', files });
    const world = [
      ...process('kubelet', kubelet, ['--config=/etc/kubelet.config', '--config-dir=/etc/conf.d']),
      config('kubelet.config', kubelet, anonymous(false)),
      dropIns({ path: '/etc/conf.d/9.conf', document: anonymous(true) }),
      age(kubelet, { 'kubelet.config': 'before-start', 'kubelet.drop-ins': 'after-start' }),
    ];
    const found = judge(off, world, { ran: () => dropIns() });
    expect(found).toMatchObject({
      status: 'pass',
      evidence: [{ origin: { kind: 'file' }, pending: { origin: { kind: 'drop-in', path: '/etc/conf.d/9.conf' } } }],
    });
    expect(found.message).toContain(`pending: /etc/conf.d changed after ${kubelet} started`);
  });

  test('what an agent says of other facts is not believed', () => {
    const world = [
      ...lies,
      age(kubelet, { process: 'after-start', component: 'after-start', 'kubelet.drop-ins': 'after-start' }),
    ];
    expect(judge(off, world, { ran: never })).toEqual(judge(off, lies));
  });
});

describe('where the change is not in the deciding line', () => {
  const port = { setting: 'readOnlyPort', equals: '0' } as const;
  const then = { ...Object(anonymous(false)), readOnlyPort: 0 };

  test('lines that decide only after the restart are brought, with what runs', () => {
    const check = {
      decide: [
        { when: { not: off.pass }, status: 'fail', because: 'open' },
        { when: port, status: 'pass', because: 'closed' },
      ],
    } as const;
    const world = [
      ...runs,
      config('kubelet.config', kubelet, { ...Object(anonymous(true)), readOnlyPort: 0 }),
      age(kubelet, { 'kubelet.config': 'after-start' }),
    ];
    const found = judge(check as never, world, { ran: ranWith(then) });
    expect(found.status).toBe('pass');
    expect(found.evidence).toMatchObject([
      { fact: 'setting readOnlyPort', actual: 0 },
      {
        fact: 'setting authentication.anonymous.enabled',
        actual: false,
        holds: true,
        pending: { actual: true, holds: false },
      },
    ]);
    expect(found.evidence[0]).not.toHaveProperty('pending');
    expect(found.message).toContain('from its restart on fail: open');
  });

  test('a condition turned round turns what is pending too', () => {
    const found = judge(
      { pass: { not: { setting: 'authentication.anonymous.enabled', equals: 'true' } } },
      changed('after-start'),
      {
        ran: ranWith(anonymous(false)),
      },
    );
    expect(found).toMatchObject({
      status: 'pass',
      evidence: [{ expected: 'not true', holds: true, pending: { holds: false } }],
    });
  });

  test('files of two kinds, one remembered and one not', () => {
    const world = [
      ...process('kubelet', kubelet, ['--config=/etc/kubelet.config']),
      config('kubelet.config', kubelet, anonymous(true)),
      ...process('kube-apiserver', server, ['--encryption-provider-config=/e']),
      config('kube-apiserver.encryption-config', server, {
        resources: [{ resources: ['secrets'], providers: [{ aescbc: {} }] }],
      }),
      age(kubelet, { 'kubelet.config': 'after-start' }),
      age(server, { 'kube-apiserver.encryption-config': 'after-start' }),
    ];
    const rule = { rule: 'encryption-providers', with: { providers: ['aescbc'] } };
    const ran: RanWith = (fact) => (fact === 'kubelet.config' ? config(fact, kubelet, anonymous(false)) : undefined);
    const encrypted = judge({ pass: rule } as never, world, { ran, subject: 'kube-apiserver' });
    expect(encrypted).toMatchObject({ status: 'pass', evidence: [{ pending: { running: 'unknown' } }] });
    expect(encrypted.message).toContain(`/etc/kube-apiserver.encryption-config changed after ${server} started, and`);
    const both = judge(
      { pass: { all: [rule, { setting: 'kubelet:authentication.anonymous.enabled', equals: 'false' }] } } as never,
      world,
      {
        ran,
        subject: 'kube-apiserver',
      },
    );
    expect(both.status).toBe('pass');
    expect(both.evidence.map((line) => line.pending?.running)).toEqual(['unknown', 'observed']);
  });
});

describe('files that are read again while the server runs are judged as they lie', () => {
  const modes = { pass: { setting: 'authorization.modes', excludes: 'AlwaysAllow' } } as const;
  const world = (fact: string, argv: readonly string[], document: Json) => [
    ...process('kube-apiserver', server, argv),
    config(fact, server, document),
    age(server, { [fact]: 'after-start' }),
  ];
  const open = { authorizers: [{ type: 'AlwaysAllow' }] };
  const authorization = world('kube-apiserver.authorization-config', ['--authorization-config=/a'], open);

  test.each([
    ['1.34', 'fail'],
    ['1.30', 'fail'],
    [null, 'fail'],
    ['1.29', 'pass'],
  ])('authorization in %s: %s', (minor, status) => {
    const ran = ranWith({ authorizers: [{ type: 'RBAC' }] }, 'kube-apiserver.authorization-config', server);
    expect(judge(modes, authorization, { ran, minor, subject: 'kube-apiserver' }).status).toBe(status);
  });

  test('authentication', () => {
    const file = 'kube-apiserver.authentication-config';
    const off = { pass: { setting: 'authentication.anonymous', equals: 'off' } } as const;
    const on = world(file, ['--authentication-config=/a'], { anonymous: { enabled: true } });
    const ran = ranWith({ anonymous: { enabled: false } }, file, server);
    expect(judge(off, on, { ran, minor: '1.30', subject: 'kube-apiserver' }).status).toBe('fail');
    expect(judge(off, on, { ran, minor: '1.29', subject: 'kube-apiserver' }).status).toBe('pass');
  });

  test.each([
    [[], 'pass'],
    [['--encryption-provider-config-automatic-reload=false'], 'pass'],
    [['--encryption-provider-config-automatic-reload=true'], 'fail'],
    [['--encryption-provider-config-automatic-reload=perhaps'], 'pass'],
  ])('encryption with %j: %s', (argv, status) => {
    const fact = 'kube-apiserver.encryption-config';
    const by = (provider: string) => ({ resources: [{ resources: ['secrets'], providers: [{ [provider]: {} }] }] });
    const rule = { pass: { rule: 'encryption-providers', with: { providers: ['aescbc'] } } } as never;
    const found = judge(rule, world(fact, ['--encryption-provider-config=/e', ...argv], by('identity')), {
      ran: ranWith(by('aescbc'), fact, server),
      subject: 'kube-apiserver',
    });
    expect(found.status).toBe(status);
  });
});

describe('the view of what runs', () => {
  const view = nodeView('n', [...changed('after-start'), ...['kube-apiserver', 'etcd'].map(none)]);

  test('shows what the process read, and reads the process so that a restart is noticed', () => {
    const asked: string[] = [];
    const watched = {
      ...view,
      get(fact: string, subject: string) {
        asked.push(`${fact} ${subject}`);
        return view.get(fact, subject);
      },
    };
    const seen = runningView(pack, watched, { kubelet: '1.34' }, ranWith(anonymous(false)));
    expect(seen.get('kubelet.config', kubelet)?.value).toMatchObject({ document: anonymous(false) });
    expect(seen.all('kubelet.config')).toMatchObject([{ value: { document: anonymous(false) } }]);
    expect(seen.all('process.instance')).toEqual(view.all('process.instance'));
    expect(asked).toContain(`process.instance ${kubelet}`);
  });

  test('shows what lies there where nothing is younger than its process', () => {
    const plain = nodeView('n', lies);
    expect(runningView(pack, plain, {}, never).get('kubelet.config', kubelet)?.value).toMatchObject({
      document: anonymous(true),
    });
  });
});

test('a value that stands with no process is told of every process that waits', () => {
  const line = {
    fact: 'file',
    subject: '/etc/x',
    actual: '0600',
    expected: 'mode',
    origin: { kind: 'stat' },
    holds: true,
  } as const;
  const pending = { actual: '0644', origin: { kind: 'stat' }, holds: false, running: 'unknown' } as const;
  const node = nodeContext(pack, nodeView('n', []), {});
  const worlds = {
    runs: node,
    restarted: undefined,
    waiting: new Map([
      [kubelet, ['/etc/a']],
      [server, ['/etc/b']],
    ]),
  };
  const verdict = withPending(worlds, { node } as never, () => ({
    ...{ status: 'pass', reason: 'as-expected', message: 'm' },
    evidence: [{ ...line, pending }],
  }));
  expect(verdict.message).toContain(`/etc/a, /etc/b changed after ${kubelet}, ${server} started`);
});

test('what runs has a value, and what lies there none to compare it with', () => {
  const line = {
    fact: 'f',
    subject: kubelet,
    actual: 1,
    expected: 'e',
    origin: { kind: 'file' },
    holds: true,
  } as const;
  const node = nodeContext(pack, nodeView('n', []), {});
  const seen = marked({ ...node, others: [{ is: 'restarted', node }] }, { holds: true, evidence: [line] }, () => ({
    holds: null,
    why: { reason: 'unreadable', detail: 'd' },
    evidence: [],
  }));
  expect(seen.evidence).toEqual([
    { ...line, pending: { actual: null, origin: { kind: 'file' }, holds: null, running: 'observed' } },
  ]);
});
