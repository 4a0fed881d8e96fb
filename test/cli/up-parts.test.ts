import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Summary, summarize } from '@plumbline/core';
import { afterAll, describe, expect, it } from 'vitest';
import { plain } from '../../cli/src/text/paint.ts';
import { recordedCluster } from '../../cli/src/up/recorded.ts';
import type { Served, ServedNode } from '../../cli/src/up/served.ts';
import { isComplete } from '../../cli/src/up/settled.ts';
import { summaryText } from '../../cli/src/up/summary-text.ts';

const home = mkdtempSync(join(tmpdir(), 'plumbline-cli-'));
afterAll(() => rmSync(home, { recursive: true }));

const counts: Summary = summarize(['pass', 'pass', 'fail', 'error']);
const node: ServedNode = {
  name: 'cp-1',
  presence: 'reporting',
  roles: ['control-plane', 'node'],
  platform: 'kubeadm',
  kubeletVersion: 'v1.34.4',
  benchmark: 'cis/kubernetes-1.12',
  agentVersion: '0.1.0',
  lastReceived: '2026-01-01T00:00:01.000Z',
  summary: counts,
};
const world: Served = {
  summary: {
    benchmarkMatch: 'exact',
    benchmarks: [{ benchmark: 'cis/kubernetes-1.12', benchmarkMatch: 'exact' }],
    versions: { controlPlane: 'v1.34.4', controlPlaneFrom: 'cluster' },
    summary: { ...counts, sections: { '4': counts } },
    nodeList: { source: 'cluster', synced: true, error: null },
  },
  nodes: [node],
};

describe('summaryText', () => {
  it('reads like this', () => {
    const silent: ServedNode = {
      ...node,
      name: 'worker-1',
      presence: 'no-agent',
      summary: { ...counts, pass: 0, error: 3, score: 0 },
    };
    const around = { notes: ['No node and no cluster here: showing the recorded cluster.'], complete: true };
    expect(
      summaryText({ ...world, nodes: [node, silent] }, around, { width: 80, paint: plain }),
    ).toMatchInlineSnapshot(`
      "No node and no cluster here: showing the recorded cluster.
      1 of 2 nodes have no agent that reports; their controls are errors.

      cis/kubernetes-1.12 · Kubernetes 1.34.4

      node                 pass  fail  warn  error  n/a         score      coverage
      worker-1 (no-agent)     0     1     0      3    0   0.0 % (0/4)  25.0 % (1/4)
      cp-1                    2     1     0      1    0  50.0 % (2/4)  75.0 % (3/4)

      section         pass  fail  warn  error  n/a         score      coverage
      Section 4          2     1     0      1    0  50.0 % (2/4)  75.0 % (3/4)
      All 4 controls     2     1     0      1    0  50.0 % (2/4)  75.0 % (3/4)
      score = pass / (pass + fail + error)   coverage = (pass + fail) / (all but n/a)
      "
    `);
  });

  it('says what is missing and escapes what a cluster says', () => {
    const broken: Served = {
      summary: {
        ...world.summary,
        benchmarkMatch: 'version-unknown',
        nodeList: { source: 'cluster', synced: false, error: 'connect \u001b[31mECONNREFUSED' },
      },
      nodes: [],
    };
    const text = summaryText(broken, { notes: [], complete: false }, { width: 200, paint: plain });
    expect(text).toContain('Not everything is judged yet');
    expect(text).toContain("The cluster's list of nodes could not be read: connect \\u{1b}[31mECONNREFUSED");
    expect(text).toContain('Give --kubernetes-version.');
  });
});

describe('isComplete', () => {
  const expected = { reporting: ['cp-1'], cluster: true, since: new Date('2026-01-01T00:00:00.000Z') };
  it.each<readonly [string, Served, boolean]>([
    ['all judged', world, true],
    [
      'list not synced',
      { ...world, summary: { ...world.summary, nodeList: { ...world.summary.nodeList, synced: false } } },
      false,
    ],
    ['nobody there', { ...world, nodes: [] }, false],
    ['an agent has not reported', { ...world, nodes: [{ ...node, presence: 'no-agent' }] }, false],
    ['no observation has arrived', { ...world, nodes: [{ ...node, agentVersion: null }] }, false],
    ['heard in another run', { ...world, nodes: [{ ...node, lastReceived: '2025-12-31T23:59:59.000Z' }] }, false],
    ['not judged', { ...world, nodes: [node, { ...node, name: 'w', presence: 'no-agent', benchmark: null }] }, false],
    [
      'a silent node is judged as silent',
      { ...world, nodes: [node, { ...node, name: 'w', presence: 'no-agent' }] },
      true,
    ],
  ])('%s', (_says, served, complete) => {
    expect(isComplete(served, expected)).toBe(complete);
  });
});

describe('recordedCluster', () => {
  it('reads every YAML file of PLUMBLINE_NODES, named after its file', () => {
    writeFileSync(join(home, 'b.yaml'), 'two');
    writeFileSync(join(home, 'a.yaml'), 'one');
    writeFileSync(join(home, 'notes.txt'), 'no node');
    expect(recordedCluster({ PLUMBLINE_NODES: home }).nodes).toEqual([
      { name: 'a', text: 'one' },
      { name: 'b', text: 'two' },
    ]);
  });

  it('says what to do where there is none', () => {
    expect(() => recordedCluster({ PLUMBLINE_NODES: join(home, 'missing') })).toThrow(
      expect.objectContaining({ code: 'PLB_CONFIG_INVALID', message: expect.stringContaining('PLUMBLINE_NODES') }),
    );
  });
});
