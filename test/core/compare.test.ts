import {
  type Change,
  changesOf,
  compareCounted,
  compareFindings,
  type Delta,
  deltas,
  type Evidence,
  type Overlay,
  type PlacedFinding,
  type Status,
} from '@plumbline/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const line = (actual: string, subject = '/etc/k', more: Partial<Evidence> = {}): Evidence => ({
  fact: 'file',
  subject,
  actual,
  expected: '0600',
  origin: { kind: 'stat', path: subject },
  holds: true,
  ...more,
});

const finding = (status: Status, more: Partial<PlacedFinding> = {}): PlacedFinding => ({
  benchmark: 'cis/kubernetes-1.12',
  number: '4.1.1',
  control: 'kubelet-mode',
  title: 'Mode of the kubelet file',
  severity: 'high',
  level: '1',
  by: 'automated',
  subject: 'kubelet@kubelet.service',
  status,
  reason: status,
  message: status,
  evidence: [line(status)],
  remedy: 'none',
  node: 'one',
  ...more,
});

const told = (changes: readonly Change[]) => changes.map((one) => `${(one.after ?? one.before)?.subject} ${one.delta}`);

test.each<readonly [Status, Status, Delta | null]>([
  ['fail', 'pass', 'fixed'],
  ['fail', 'warn', 'fixed'],
  ['warn', 'pass', 'fixed'],
  ['pass', 'fail', 'regressed'],
  ['pass', 'warn', 'regressed'],
  ['warn', 'fail', 'regressed'],
  ['pass', 'error', 'incomparable'],
  ['error', 'fail', 'incomparable'],
  ['not-applicable', 'error', 'incomparable'],
  ['fail', 'not-applicable', 'now-not-applicable'],
  ['not-applicable', 'pass', 'now-applicable'],
  ['pass', 'pass', null],
  ['error', 'error', null],
])('%s to %s is %s', (before, after, delta) => {
  const { controls, changes } = compareFindings([finding(before)], [finding(after)]);
  expect([changes[0]?.delta ?? null, controls[0]?.delta ?? null]).toEqual([delta, delta]);
});

describe('a finding without its like', () => {
  test('is new or gone, with its control', () => {
    const other = finding('fail', { control: 'other', number: '4.1.2' });
    const added = compareFindings([finding('pass')], [finding('pass'), other]);
    expect(added).toMatchObject({
      unchanged: 1,
      deltas: { new: 1 },
      controls: [{ control: 'other', delta: 'new', before: null }],
    });
    const removed = compareFindings([finding('pass'), other], [finding('pass')]);
    expect(removed).toMatchObject({ unchanged: 1, deltas: { gone: 1 }, controls: [{ delta: 'gone', after: null }] });
  });

  test('cannot be compared where the other side could not look', () => {
    const inNamespace = (name: string, status: Status) => finding(status, { subject: `namespace/${name}`, node: null });
    const denied = finding('error', { subject: 'cluster', node: null });
    const some = [inNamespace('a', 'pass'), inNamespace('b', 'fail')];
    expect(told(changesOf(some, [denied]))).toEqual([
      'namespace/a incomparable',
      'namespace/b incomparable',
      'cluster incomparable',
    ]);
    expect(told(changesOf(some, [...some, inNamespace('c', 'error')]))).toEqual(['namespace/c new']);
    expect(told(changesOf([], [denied]))).toEqual(['cluster new']);
  });

  test('is matched by its component: a silent node has no instances, two nodes name theirs differently', () => {
    const silent = finding('error', { subject: 'kubelet', reason: 'no-agent' });
    const two = [finding('pass'), finding('pass', { subject: 'kubelet@second.service' })];
    expect(told(changesOf(two, [silent]))).toEqual(['kubelet incomparable', 'kubelet@second.service incomparable']);
    expect(
      told(changesOf([finding('pass', { subject: 'user/a@x' })], [finding('fail', { subject: 'user/a@y' })])),
    ).toEqual(['user/a@x gone', 'user/a@y new']);
  });
});

describe('the check changed', () => {
  const by = (status: Status, ruleset: string, more: Partial<PlacedFinding> = {}) =>
    finding(status, { evidence: [line('0644')], ruleset, ...more });
  const sole = (before: PlacedFinding, after: PlacedFinding, programs?: { before: string; after: string }) => {
    const { changes, controls } = compareFindings([before], [after], programs ? { programs } : {});
    const [change] = changes;
    expect(controls[0]?.delta ?? undefined).toBe(change?.delta === 'changed' ? undefined : change?.delta);
    return change && [change.delta, change.rulesetChanged];
  };

  test('and what was looked at did not', () => {
    expect(sole(by('pass', 'a'), by('fail', 'b'))).toEqual(['ruleset-changed', true]);
    expect(sole(by('pass', 'a'), by('fail', 'a'), { before: '1.0.0', after: '1.1.0' })).toEqual([
      'ruleset-changed',
      true,
    ]);
    expect(sole(by('pass', 'a'), by('fail', 'a'), { before: '1.0.0', after: '1.0.0' })).toEqual(['regressed', false]);
  });

  test('and so did the node, or time: the verdict is the node’s', () => {
    expect(sole(by('pass', 'a', { evidence: [line('0600')] }), by('fail', 'b'))).toEqual(['regressed', true]);
    expect(sole(by('pass', 'a', { validUntil: '2026-01-01T00:00:00Z' }), by('fail', 'b'))).toEqual(['regressed', true]);
    expect(sole(by('pass', 'a'), by('fail', 'b', { validUntil: '2026-01-01T00:00:00Z' }))).toEqual(['regressed', true]);
  });

  test('without consequence, or nobody recorded it', () => {
    expect(sole(by('pass', 'a'), by('pass', 'b'))).toBeUndefined();
    expect(sole(by('pass', ''), by('fail', 'b'))).toEqual(['regressed', false]);
    expect(sole(by('pass', 'a'), by('fail', ''))).toEqual(['regressed', false]);
    expect(sole(by('pass', 'a'), finding('fail', { evidence: [line('0644')] }))).toEqual(['regressed', false]);
  });
});

describe('values', () => {
  const valuesOf = (before: readonly Evidence[], after: readonly Evidence[]) =>
    changesOf([finding('pass', { evidence: before })], [finding('pass', { evidence: after })]).flatMap((one) => [
      one.delta,
      ...one.values.map(({ subject, from, to }) => `${subject} ${from?.actual ?? null} → ${to?.actual ?? null}`),
    ]);

  test('that differ under one status are changed, line by line', () => {
    expect(
      valuesOf(
        [line('0600'), line('0600', '/b'), line('x', '/c')],
        [line('0400'), line('0600', '/b'), line('y', '/d')],
      ),
    ).toEqual(['changed', '/etc/k 0600 → 0400', '/c x → null', '/d null → y']);
    expect(valuesOf([line('1'), line('2')], [line('1'), line('3')])).toEqual(['changed', '/etc/k 2 → 3']);
  });

  test('with another origin changed; another pid, time or version of a default changes nothing', () => {
    const at = (origin: Evidence['origin']) => [line('true', 's', { origin })];
    expect(valuesOf(at({ kind: 'flag', key: 'a', pid: 1 }), at({ kind: 'flag', key: 'a', pid: 2 }))).toEqual([]);
    expect(valuesOf(at({ kind: 'default', version: '1.33' }), at({ kind: 'default', version: '1.34' }))).toEqual([]);
    expect(valuesOf([line('a', 's', { observedAt: 'x' })], [line('a', 's', { observedAt: 'y' })])).toEqual([]);
    expect(valuesOf(at({ kind: 'default' }), at({ kind: 'flag', key: 'a' }))).toEqual(['changed', 's true → true']);
  });

  test('of one object are told apart by their fields', () => {
    const field = (key: string, actual: string) =>
      line(actual, 'pod/a/b', { fact: 'object Pod', origin: { kind: 'object', path: 'pod/a/b', key } });
    expect(valuesOf([field('x', '1'), field('y', '2')], [field('y', '3')])).toEqual([
      'changed',
      'pod/a/b 1 → null',
      'pod/a/b 2 → 3',
    ]);
  });

  test('equal, with another reason: changed', () => {
    const [change] = changesOf([finding('pass')], [finding('pass', { reason: 'system-default' })]);
    expect(change).toMatchObject({ delta: 'changed', values: [] });
  });
});

describe('two nodes', () => {
  const on = (node: string, status: Status, mode: string, unit = 'kubelet.service'): PlacedFinding =>
    finding(status, {
      node,
      subject: `kubelet@${unit}`,
      evidence: [
        line(mode, `/var/lib/${node}/config`),
        line(`${node}.example`, `kubelet@${unit}`, {
          fact: 'setting hostname-override',
          origin: { kind: 'flag', key: 'hostname-override', pid: node.length },
        }),
      ],
    });

  test('that differ only in name are alike', () => {
    const nodes = { before: 'wörker.1+', after: 'b' };
    expect(changesOf([on('wörker.1+', 'pass', '0600')], [on('b', 'pass', '0600', 'k.service')], { nodes })).toEqual([]);
    expect(changesOf([on('', 'pass', '0600')], [on('', 'pass', '0600')], { nodes: { before: '', after: '' } })).toEqual(
      [],
    );
  });

  test('show what differs, with the names that each has', () => {
    const nodes = { before: 'a', after: 'b' };
    const [change] = changesOf([on('a', 'pass', '0600')], [on('b', 'fail', '0644')], { nodes });
    expect(change).toMatchObject({
      delta: 'regressed',
      before: { node: 'a' },
      after: { node: 'b' },
      values: [{ subject: '/var/lib/a/config', from: { actual: '0600' }, to: { actual: '0644' } }],
    });
  });

  test('a name that is part of a word is no name', () => {
    const nodes = { before: 'a', after: 'b' };
    const says = (actual: string) => finding('pass', { evidence: [line(actual)] });
    expect(changesOf([says('data')], [says('dbtb')], { nodes })).toHaveLength(1);
    expect(changesOf([says('x-a.y')], [says('x-b.y')], { nodes })).toHaveLength(0);
  });
});

test('two documents are matched by control and show both numbers', () => {
  const before = [finding('fail', { benchmark: 'cis/kubernetes-1.5', number: '2.1.1' })];
  const after = [
    finding('pass', { benchmark: 'cis/kubernetes-2.0' }),
    finding('pass', { benchmark: 'cis/kubernetes-1.12', subject: 'kubelet@x' }),
  ];
  expect(compareFindings(before, after).controls).toMatchObject([
    {
      control: 'kubelet-mode',
      section: '2',
      delta: 'fixed',
      before: { status: 'fail', numbers: [{ benchmark: 'cis/kubernetes-1.5', number: '2.1.1' }] },
      after: { status: 'pass', numbers: [{ number: '4.1.1' }, { benchmark: 'cis/kubernetes-1.12', number: '4.1.1' }] },
    },
  ]);
});

test('a change of a control that nobody counted is in no control', () => {
  expect(compareCounted([], [], changesOf([], [finding('fail')])).controls).toEqual([]);
});

/** Only what fails or warns can be waived, only what warns attested. */
function overlaid(status: Status, overlay: Overlay | undefined): { readonly overlay?: Overlay } {
  const fits = status === 'warn' || (status === 'fail' && overlay === 'waived');
  return fits && overlay ? { overlay } : {};
}

describe('needs 8: what a waiver began or ceased to cover', () => {
  const waived = (status: Status, more: Partial<PlacedFinding> = {}) => finding(status, { overlay: 'waived', ...more });

  test.each<readonly [PlacedFinding, PlacedFinding, Delta | null]>([
    [finding('fail'), waived('fail'), 'waived'],
    [waived('fail'), finding('fail'), 'no-longer-waived'],
    [finding('warn'), waived('warn'), 'waived'],
    [finding('warn', { overlay: 'attested' }), waived('warn'), 'waived'],
    [waived('fail'), waived('fail'), null],
    [finding('warn'), finding('warn', { overlay: 'attested' }), null],
    // The verdict goes before what is decided about it.
    [finding('pass'), waived('fail'), 'regressed'],
    [waived('fail'), finding('pass'), 'fixed'],
  ])('%#', (before, after, delta) => {
    const { changes, controls, before: left, after: right } = compareFindings([before], [after]);
    expect(changes.map((one) => one.delta)).toEqual(delta === null ? [] : [delta]);
    expect(controls.map((one) => one.delta)).toEqual(delta === null ? [] : [delta]);
    expect([left.fail, right.fail]).toEqual([before, after].map((one) => Number(one.status === 'fail')));
    expect([left.waived, right.waived]).toEqual([before, after].map((one) => Number(one.overlay === 'waived')));
  });

  test('a control that is waived in part has no delta of its own', () => {
    const other = finding('fail', { node: 'two' });
    const { controls } = compareFindings([finding('fail'), other], [waived('fail'), other]);
    expect(controls).toMatchObject([
      { delta: null, deltas: { waived: 1 }, after: { status: 'fail', adjusted: 'fail' } },
    ]);
  });
});

const mirrors: Readonly<Record<Delta, Delta>> = {
  fixed: 'regressed',
  regressed: 'fixed',
  new: 'gone',
  gone: 'new',
  'now-not-applicable': 'now-applicable',
  'now-applicable': 'now-not-applicable',
  'ruleset-changed': 'ruleset-changed',
  incomparable: 'incomparable',
  changed: 'changed',
  waived: 'no-longer-waived',
  'no-longer-waived': 'waived',
};

describe('laws', () => {
  const controls = ['4.1.1', '4.1.2', '5.1.1'];
  const one = fc
    .record({
      node: fc.constantFrom('one', 'two', null),
      number: fc.constantFrom(...controls),
      subject: fc.constantFrom('kubelet', 'kubelet@a', 'kubelet@b', 'namespace/x', 'namespace/y', 'cluster'),
      status: fc.constantFrom<Status>('pass', 'fail', 'warn', 'error', 'not-applicable'),
      values: fc.array(fc.tuple(fc.constantFrom('1', '2'), fc.constantFrom('/a', '/b')), { maxLength: 3 }),
      ruleset: fc.constantFrom('r', 's'),
      overlay: fc.constantFrom<Overlay | undefined>('waived', 'attested', undefined),
    })
    .map(({ number, values, overlay, ...more }) =>
      finding(more.status, {
        ...more,
        ...overlaid(more.status, overlay),
        number,
        control: `c-${number}`,
        evidence: values.map(([value, at]) => line(value, at)),
      }),
    );
  const side = fc
    .array(one, { maxLength: 20 })
    .map((list) => [...new Map(list.map((each) => [key(each), each])).values()]);
  const key = ({ node, control, subject }: PlacedFinding) => `${node} ${control} ${subject}`;
  const sorted = (changes: readonly Change[]) =>
    changes
      .map(({ delta, before, after, values }) =>
        JSON.stringify([
          before && key(before),
          after && key(after),
          delta,
          [...values.map((v) => JSON.stringify(v))].sort(),
        ]),
      )
      .sort();

  test('property: needs.md 40: swapping the sides mirrors the comparison', () => {
    fc.assert(
      fc.property(side, side, (a, b) => {
        const there = compareFindings(a, b);
        const back = compareFindings(b, a);
        const mirrored = back.changes.map((change) => ({
          ...change,
          delta: mirrors[change.delta],
          before: change.after,
          after: change.before,
          values: change.values.map((value) => ({ ...value, from: value.to, to: value.from })),
        }));
        expect(sorted(mirrored)).toEqual(sorted(there.changes));
        expect(back.before).toEqual(there.after);
        expect(back.unchanged).toBe(there.unchanged);
        for (const delta of deltas) expect(back.deltas[mirrors[delta]]).toBe(there.deltas[delta]);
        const rolled = ({ control, delta, section }: (typeof there.controls)[number]) =>
          `${control} ${section} ${delta}`;
        const turnedBack = back.controls.map((each) => ({ ...each, delta: each.delta && mirrors[each.delta] }));
        expect(turnedBack.map(rolled).sort()).toEqual(there.controls.map(rolled).sort());
      }),
    );
  });

  test('property: needs.md 40: a side compared with itself changes nothing', () => {
    fc.assert(
      fc.property(fc.array(one), (a) => {
        const { changes, unchanged, controls: none } = compareFindings(a, [...a].reverse());
        expect([changes, unchanged, none]).toEqual([[], a.length, []]);
      }),
    );
  });

  test('property: the counts add up', () => {
    fc.assert(
      fc.property(side, side, (a, b) => {
        const { changes, unchanged, deltas: counts, sections } = compareFindings(a, b);
        expect(unchanged + changes.filter((each) => each.before).length).toBe(a.length);
        expect(unchanged + changes.filter((each) => each.after).length).toBe(b.length);
        expect(deltas.reduce((sum, delta) => sum + counts[delta], 0)).toBe(changes.length);
        for (const delta of deltas) {
          expect(sections.reduce((sum, section) => sum + section.deltas[delta], 0)).toBe(counts[delta]);
        }
      }),
    );
  });

  test('property: what is the same on both sides need not be looked at', () => {
    fc.assert(
      fc.property(side, side, side, (a, b, both) => {
        const taken = new Set([...a, ...b].map(key));
        const same = both.filter((each) => !taken.has(key(each)));
        expect(sorted(changesOf([...a, ...same], [...same, ...b]))).toEqual(sorted(changesOf(a, b)));
      }),
    );
  });
});
