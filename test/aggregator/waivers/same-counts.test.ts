import { afterAll, beforeAll, expect, test } from 'vitest';
import { reports } from '../../../aggregator/src/api/reports.ts';
import { plain } from '../../../cli/src/text/paint.ts';
import { served as ask } from '../../../cli/src/up/served.ts';
import { summaryText } from '../../../cli/src/up/summary-text.ts';
import { type Served, serve } from '../api/served.ts';
import { scraped } from '../metrics/sources.ts';
import { after as moment, observations, send } from '../world.ts';

let served: Served;
let url: string;
beforeAll(async () => {
  served = await serve();
  send(served.store, 'one', observations({ mode: '0644', profiling: 'true' }), 0);
  send(served.store, 'two', observations({ mode: '0644' }), 0);
  await served.settle();
  url = await served.server.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => served.close());

const waive = (more: object) =>
  served.send('POST', '/api/v1/waivers', {
    ...{ kind: 'accepted-risk', control: 'kubelet-mode', owner: 'Jane <i>Doe</i>', reason: 'Spring.' },
    ...{ expires: moment(86_400), ...more },
  });

test('needs 8: REST, pages, the command and metrics count the same, raw and adjusted', async () => {
  await waive({});
  const { body } = await served.get('/api/v1/summary');
  const { summary } = body as { summary: { fail: number; waived: number; adjusted: { fail: number; error: number } } };
  expect(summary).toMatchObject({ fail: 2, waived: 1, adjusted: { fail: 1 } });

  const page = (await served.server.inject({ url: '/' })).body.replaceAll(/<[^>]*>/g, '');
  expect(page).toContain(`${summary.waived} waived, 0 attested, ${summary.adjusted.fail} fail`);
  expect(page).toMatch(new RegExp(`Fail\\s*${summary.fail}`));
  const control = (await served.server.inject({ url: '/controls/kubelet-mode' })).body;
  expect(control).toContain('Waived (accepted-risk) until 2026-03-02 by Jane &#60;i&#62;Doe&#60;/i&#62;: Spring.');
  expect((await served.server.inject({ url: '/nodes/two' })).body).toContain('Waived (accepted-risk)');

  const text = summaryText(await ask(url), { notes: [], complete: true }, { width: 120, paint: plain });
  expect(text).toContain(`${summary.waived} waived, 0 attested, 0 pass, ${summary.adjusted.fail} fail`);

  const counting = reports(served.parts);
  const series = await scraped({
    documents: () => counting.summary().documents,
    controls: () => counting.controls(),
    decisions: served.parts.standing.counts,
  });
  const sum = (pattern: RegExp) =>
    series.filter((line) => pattern.test(line)).reduce((all, line) => all + Number(line.split(' ').at(-1)), 0);
  expect(sum(/^plumbline_controls\{.*status="fail"/)).toBe(summary.fail);
  expect(sum(/^plumbline_controls_adjusted\{.*status="fail"/)).toBe(summary.adjusted.fail);
  expect(sum(/^plumbline_controls_adjusted\{.*status="waived"/)).toBe(summary.waived);
  expect(sum(/^plumbline_findings_waived\{control="kubelet-mode"/)).toBe(2);
  expect(sum(/^plumbline_verdicts\{control="kubelet-mode",status="fail"/)).toBe(2);
  expect(sum(/^plumbline_waivers\{state="active"/)).toBe(1);
  // No series is about a person, a reason or a single waiver.
  expect(series.filter((line) => line.includes('Jane'))).toEqual([]);
});

test('a waiver by labels follows the labels of the nodes; where nobody told them it covers nothing', async () => {
  await served.send('DELETE', '/api/v1/waivers/1');
  await waive({ nodeSelector: 'pool,!spot' });
  const waived = async () =>
    ((await served.get('/api/v1/findings?waived=true')).body as { findings: { node: string }[] }).findings.map(
      (one) => one.node,
    );
  const covers = async () =>
    ((await served.get('/api/v1/waivers')).body as { waivers: { matches: { covers: number } }[] }).waivers[0]?.matches
      .covers;
  const label = (node: string, labels: readonly string[]) => served.store.nodes.patch(node, { uid: node, labels });
  expect([await waived(), await covers()]).toEqual([[], 0]);
  label('one', ['pool']);
  expect([await waived(), await covers()]).toEqual([['one'], 1]);
  label('two', ['pool']);
  label('one', ['pool', 'spot']);
  expect([await waived(), await covers()]).toEqual([['two'], 1]);
});

test('coverage is kept in step with every verdict: as it would be read anew', async () => {
  await waive({ node: 't*' });
  for (const [step, mode] of ['0600', '0666', '0600', '0644'].entries()) {
    send(served.store, 'two', observations({ mode }), 10 + step, BigInt(2 + step));
    await served.settle(10 + step);
    const { body } = await served.get('/api/v1/controls/kubelet-mode');
    const { findings } = (await served.get('/api/v1/findings?waived=true')).body as { findings: object[] };
    expect(body).toMatchObject({ covered: { waivedFail: findings.length } });
    expect(findings).toHaveLength(mode === '0600' ? 0 : 1);
  }
});

test('a moment that is judged anew by another document has the waivers that held then', async () => {
  const { waivers } = (await served.get('/api/v1/waivers')).body as { waivers: { id: string }[] };
  for (const { id } of waivers) await served.send('DELETE', `/api/v1/waivers/${id}`);
  await served.settle(20);
  await waive({ node: 'two' });
  await waive({ node: 'one', benchmark: 'cis/kubernetes-2.0' });
  await served.settle(30);
  await served.send('DELETE', `/api/v1/waivers/${Number(waivers.at(-1)?.id) + 1}`);
  await served.settle(40);
  const asked = async (query: string) => (await served.get(`/api/v1/${query}`)).body as object;
  const other = `at=${moment(25)}&benchmark=cis/kubernetes-1.9`;
  expect(await asked(`controls/kubelet-mode?${other}`)).toMatchObject({ rejudged: true, covered: { waivedFail: 1 } });
  expect(await asked(`findings?${other}&waived=true`)).toMatchObject({ findings: [{ node: 'two', status: 'fail' }] });
  const own = `at=${moment(25)}&rejudge=true`;
  expect(await asked(`controls/kubelet-mode?${own}`)).toMatchObject({ covered: { waivedFail: 2 }, adjusted: 'waived' });
  expect(await asked(`controls/kubelet-mode?at=${moment(25)}`)).toMatchObject({ covered: { waivedFail: 2 } });
  expect(await asked('controls/kubelet-mode')).toMatchObject({ covered: { waivedFail: 1 } });
  // Nothing is covered where nothing is judged.
  served.store.dropVerdicts();
  expect((await served.get('/api/v1/controls/kubelet-mode')).body).toMatchObject({ covered: { waivedFail: 0 } });
});
