import {
  type Attestation,
  adjustedRatiosOf,
  applies,
  attests,
  coveredBy,
  type Decidable,
  type Finding,
  type FindingPlace,
  holds,
  isAbout,
  isAdjusted,
  type Met,
  type Overlay,
  overlayOf,
  rollUp,
  type Status,
  stateOf,
  summaryOf,
  unusedAfterMs,
  type Waiver,
} from '@plumbline/core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const now = Date.parse('2026-11-24T00:00:00.000Z');
const waiver: Waiver = {
  id: '1',
  kind: 'accepted-risk',
  control: 'kubelet-mode',
  owner: 'Jane Doe',
  reason: 'The file is replaced in spring.',
  expires: '2026-12-24T00:00:00.000Z',
};
const { kind: _, ...rest } = waiver;
const attestation: Attestation = { ...rest, id: '2' };
const finding: Decidable = {
  benchmark: 'cis/kubernetes-1.12',
  control: 'kubelet-mode',
  subject: 'kubelet@kubelet.service',
  status: 'fail',
};
const place: FindingPlace = { cluster: 'prod', node: 'worker-1', labels: ['pool', 'gpu.vendor.io/present'] };
const inCluster: FindingPlace = { ...place, node: null, labels: null };

test('it holds until the moment it expires', () => {
  const end = Date.parse(waiver.expires);
  expect([holds(waiver, end - 1), holds(waiver, end)]).toEqual([true, false]);
  expect([applies(waiver, finding, place, end - 1), applies(waiver, finding, place, end)]).toEqual([true, false]);
});

test.each<readonly [Status, boolean, boolean]>([
  ['fail', true, false],
  ['warn', true, true],
  // What could not be judged is no decision about a risk.
  ['error', false, false],
  ['pass', false, false],
  ['not-applicable', false, false],
])('of %s: waived %s, attested %s', (status, waived, attested) => {
  expect(applies(waiver, { ...finding, status }, place, now)).toBe(waived);
  expect(attests(attestation, { ...finding, status }, place, now)).toBe(attested);
});

describe('needs 8: control × benchmark × cluster × node selector × namespace × subject', () => {
  test.each<readonly [Partial<Waiver>, boolean]>([
    [{}, true],
    [{ control: 'kubelet-anonymous-auth' }, false],
    [{ benchmark: 'cis/kubernetes-1.12' }, true],
    [{ benchmark: 'cis/kubernetes-1.11' }, false],
    [{ cluster: 'pro*' }, true],
    [{ cluster: 'staging' }, false],
    [{ node: 'worker-*' }, true],
    [{ node: 'cp-*' }, false],
    [{ nodeSelector: 'pool' }, true],
    [{ nodeSelector: 'pool, gpu.vendor.io/present' }, true],
    [{ nodeSelector: '!pool' }, false],
    [{ nodeSelector: 'pool,!spot' }, true],
    [{ nodeSelector: 'spot' }, false],
    [{ subject: 'kubelet@*' }, true],
    [{ subject: 'etcd@*' }, false],
    // A subject of a node lies in no namespace.
    [{ namespace: '*' }, false],
    [{ node: 'worker-1', subject: 'kubelet@*', cluster: 'prod', nodeSelector: 'pool' }, true],
  ])('on a node %j: %s', (scope, expected) => {
    expect(isAbout({ ...waiver, ...scope }, finding, place)).toBe(expected);
  });

  test.each<readonly [Partial<Waiver>, string, boolean]>([
    [{}, 'namespace/app', true],
    [{ namespace: 'app' }, 'namespace/app', true],
    [{ namespace: 'app' }, 'serviceaccount/app/default', true],
    [{ namespace: 'app-*' }, 'serviceaccount/app/default', false],
    [{ namespace: '*' }, 'cluster', false],
    [{ subject: 'serviceaccount/app/*' }, 'serviceaccount/app/default', true],
    // What belongs to no node is meant by no name and no label of one.
    [{ node: '*' }, 'namespace/app', false],
    [{ nodeSelector: '!pool' }, 'namespace/app', false],
  ])('in the cluster %j on %s: %s', (scope, subject, expected) => {
    expect(isAbout({ ...waiver, ...scope }, { ...finding, subject }, inCluster)).toBe(expected);
  });

  test('a cluster without a name is meant by no name', () => {
    expect(isAbout({ ...waiver, cluster: '*' }, finding, { ...place, cluster: null })).toBe(false);
  });
});

test('the first waiver covers, and a waiver goes before an attestation', () => {
  const warn: Decidable = { ...finding, status: 'warn' };
  const all = { waivers: [waiver, { ...waiver, id: '3' }], attestations: [attestation] };
  expect(coveredBy(all, warn, place, now)).toEqual({ waiver, attestation: null });
  const without = coveredBy({ ...all, waivers: [] }, warn, place, now);
  expect(without).toEqual({ waiver: null, attestation });
  expect(overlayOf(without)).toBe('attested');
  expect(overlayOf(coveredBy(all, warn, place, now))).toBe('waived');
  const none = coveredBy({ ...all, waivers: [] }, finding, place, now);
  expect(none).toEqual({ waiver: null, attestation: null });
  expect(overlayOf(none)).toBeUndefined();
});

test.each<readonly [string, Partial<Met>, string]>([
  ['it covers something', { open: 2, covers: 1, any: true }, 'active'],
  ['all of it is covered already', { open: 2, any: true }, 'ineffective'],
  ['nothing of it is open', { any: true }, 'ineffective'],
  ['needs 8: nothing was ever found for seven days', { lastMatchedAt: now - unusedAfterMs }, 'unused'],
  ['nothing was found yet', { lastMatchedAt: now - unusedAfterMs + 1 }, 'active'],
  ['its time is over', { open: 1, covers: 1, any: true, expires: now }, 'expired'],
])('%s: %j is %s', (_title, met, state) => {
  const usual: Met = { expires: now + 1, open: 0, covers: 0, any: false, lastMatchedAt: now };
  expect(stateOf({ ...usual, ...met }, now)).toEqual({ state, why: expect.stringMatching(/^[A-Z].+\.$/) });
});

type Row = readonly [number: string, status: Status, overlay?: Overlay];
const made = (rows: readonly Row[]) =>
  rows.map(
    ([number, status, overlay]) =>
      ({ benchmark: 'b', number, control: number, title: 't', status, ...(overlay ? { overlay } : {}) }) as Finding & {
        overlay?: Overlay;
      },
  );

describe('needs 5: raw and adjusted side by side', () => {
  test.each<readonly [readonly Row[], string]>([
    [[['1.1', 'fail', 'waived']], 'fail waived'],
    [
      [
        ['1.1', 'fail', 'waived'],
        ['1.1', 'fail'],
      ],
      'fail fail',
    ],
    [
      [
        ['1.1', 'fail', 'waived'],
        ['1.1', 'pass'],
      ],
      'fail waived',
    ],
    [
      [
        ['1.1', 'fail', 'waived'],
        ['1.1', 'error'],
      ],
      'fail error',
    ],
    [
      [
        ['1.1', 'fail', 'waived'],
        ['1.1', 'warn'],
      ],
      'fail warn',
    ],
    [[['1.1', 'warn', 'waived']], 'warn waived'],
    [
      [
        ['1.1', 'warn', 'attested'],
        ['1.1', 'pass'],
      ],
      'warn attested',
    ],
    [
      [
        ['1.1', 'warn', 'attested'],
        ['1.1', 'warn', 'waived'],
      ],
      'warn waived',
    ],
    [
      [
        ['1.1', 'warn', 'attested'],
        ['1.1', 'warn'],
      ],
      'warn warn',
    ],
    [[['1.1', 'error']], 'error error'],
    [[['1.1', 'not-applicable']], 'not-applicable not-applicable'],
  ])('%j is %s', (rows, expected) => {
    expect(rollUp(made(rows)).map((one) => `${one.status} ${one.adjusted}`)).toEqual([expected]);
  });

  test('three exceptions leave the raw score as it is', () => {
    const rows: Row[] = ['1.1', '1.2', '1.3', '1.4', '1.5', '1.6'].map((one) => [one, one < '1.3' ? 'pass' : 'fail']);
    const raw = summaryOf(made(rows));
    const three = summaryOf(made(rows.map((row, index) => (index > 2 ? [row[0], row[1], 'waived'] : row))));
    expect(three).toMatchObject({ pass: 2, fail: 4, score: raw.score, coverage: raw.coverage, waived: 3, attested: 0 });
    expect(three.adjusted).toMatchObject({ pass: 2, fail: 1, score: 2 / 3, coverage: 1 });
    expect(adjustedRatiosOf(three).score).toEqual({ text: '66.6 %', part: 2, whole: 3 });
    expect([isAdjusted(raw), isAdjusted(three)]).toEqual([false, true]);
  });

  test('needs 56: an attested warn is decided, and counted by itself', () => {
    const summary = summaryOf(
      made([
        ['5.1', 'warn', 'attested'],
        ['5.2', 'warn'],
        ['5.3', 'fail'],
      ]),
    );
    expect(summary).toMatchObject({ pass: 0, warn: 2, attested: 1, score: 0, coverage: 1 / 3 });
    expect(summary.adjusted).toMatchObject({ pass: 0, warn: 1, score: 1 / 2, coverage: 2 / 3 });
  });

  test('a control that no longer fails although nothing is wholly waived is adjusted too', () => {
    expect(
      isAdjusted(
        summaryOf(
          made([
            ['1.1', 'fail', 'waived'],
            ['1.1', 'error'],
          ]),
        ),
      ),
    ).toBe(true);
    expect(
      isAdjusted(
        summaryOf(
          made([
            ['1.1', 'fail', 'waived'],
            ['1.1', 'fail'],
          ]),
        ),
      ),
    ).toBe(false);
  });

  const status = fc.constantFrom<Status>('pass', 'fail', 'warn', 'error', 'not-applicable');
  const rows = fc.array(
    fc
      .tuple(
        fc.constantFrom('1.1', '1.2', '5.1'),
        status,
        fc.constantFrom<Overlay | undefined>('waived', 'attested', undefined),
      )
      .map(([number, one, overlay]): Row => {
        const fits = overlay === 'waived' ? one === 'fail' || one === 'warn' : one === 'warn';
        return fits && overlay ? [number, one, overlay] : [number, one];
      }),
  );
  test('law: waivers and attestations change no raw number, and the adjusted counts add up', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const bare = summaryOf(made(list.map(([number, one]): Row => [number, one])));
        const both = summaryOf(made(list));
        const rawOf = ({ waived: _w, attested: _a, adjusted: _d, sections: _s, ...raw }: typeof both) => raw;
        expect(rawOf(both)).toEqual(rawOf(bare));
        const { pass, fail, warn, error, notApplicable } = both.adjusted;
        expect(pass + fail + warn + error + notApplicable + both.waived + both.attested).toBe(both.total);
        expect(both.adjusted.score ?? 1).toBeGreaterThanOrEqual(0);
        expect(both.adjusted.fail).toBeLessThanOrEqual(both.fail);
      }),
    );
  });
});
