import { ratiosOf, type Summary } from '@plumbline/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { observations, send } from '../world.ts';
import { type Served, serve } from './served.ts';

/** Pages for people: every link of theirs leads to a page for people but those that say JSON or API. */

const hostile = '"><script>alert(1)</script>';
let served: Served;
beforeAll(async () => {
  served = await serve();
  send(served.store, 'one', observations({ profiling: 'true', etcd: true }), 0);
  send(served.store, 'two', observations({ mode: '0644' }), 0);
  send(served.store, hostile, observations({ mode: '0644' }), 0);
  await served.settle();
});
afterAll(() => served.close());

async function read(url: string): Promise<string> {
  const { statusCode, headers, body } = await served.server.inject({ url });
  expect([url, statusCode, headers['content-type']]).toEqual([url, 200, 'text/html; charset=utf-8']);
  expect(body).not.toMatch(/<script|<style|style=|onload|<b>test/);
  expect(body).toMatch(/<html lang="en">[\s\S]*<h1>/);
  return body;
}

function links(body: string): readonly string[] {
  return [...body.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href.replaceAll('&#38;', '&'));
}

test('whoever follows the links of pages finds every open control and node, and raw answers only where it says so', async () => {
  const seen = new Set<string>();
  const waiting = ['/'];
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    if (seen.has(url)) continue;
    seen.add(url);
    const body = await read(url);
    waiting.push(...links(body).filter((href) => /^\/(controls|nodes)\/|^\/$/.test(href)));
    const raw = [...body.matchAll(/<a href="\/api\/[^"]*">([^<]*)</g)].map(([, text]) => text);
    expect(raw.filter((text) => text !== 'This page as JSON' && text !== 'the API')).toEqual([]);
    for (const href of links(body).filter((one) => one.startsWith('/api/')))
      expect([href, (await served.server.inject({ url: href })).statusCode]).toEqual([href, 200]);
  }
  expect([...seen].sort()).toEqual(
    [
      '/',
      '/controls/apiserver-profiling',
      '/controls/policy-people',
      '/controls/kubelet-mode',
      `/nodes/${encodeURIComponent(hostile)}`,
      '/nodes/one',
      '/nodes/two',
    ].sort(),
  );
});

test('the start page lists failures, errors and warnings apart, and counts as everybody counts', async () => {
  const body = await read('/');
  const { summary } = (await served.get('/api/v1/summary')).body as { readonly summary: Summary };
  const { score, coverage } = ratiosOf(summary);
  expect(body).toContain(`<dd>${score.text}</dd><dd class="of">${score.part} of ${score.whole}</dd>`);
  expect(body).toContain(`<dd>${coverage.text}</dd>`);
  expect(body).toContain('Kubernetes 1.34.1.');
  const titles = [...body.matchAll(/<h2 class="(\w+)">[^<]*\((\d+)\)</g)].map(([, status, count]) => [status, count]);
  expect(titles).toEqual(
    [['fail', String(summary.fail)]].concat(summary.error > 0 ? [['error', String(summary.error)]] : []),
  );
});

test('the page of a control says why, what to do, who and by which evidence', async () => {
  const body = await read('/controls/kubelet-mode');
  expect(body).toContain('<h2 class="fail">Failed (2)</h2>');
  expect(body).toContain('<a href="/nodes/two">two</a>');
  expect(body).toMatch(/is 0644 \(stat of [^)]+\), expected mode 600 or stricter/);
  expect(body).toMatch(/<details><summary>Evidence<\/summary><ul><li><code>file<\/code> of /);
});

test.each(['/', '/controls/kubelet-mode', '/nodes/two'])('%s names the namespaces that are left out', async (url) => {
  expect(await read(url)).toContain('Left out of everything by configuration: namespaces sandbox-*.');
});

test('the page of a node says what is open there', async () => {
  const body = await read('/nodes/two');
  expect(body).toContain('Agent reporting, heard at');
  expect(body).toContain('<a href="/controls/kubelet-mode">');
  expect(body).not.toContain('etcd-auth');
});

test.each(['/controls/nope', '/nodes/nope'])('%s is not found', async (url) => {
  expect((await served.server.inject({ url })).json()).toMatchObject({ code: 'PLB_NOT_FOUND' });
});
