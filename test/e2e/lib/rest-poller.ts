/**
 * Asks an aggregator inside the cluster's network namespace, where the tests themselves are not: one JSON request a line on standard
 * input, one answer a line on standard output. `{path}` gives the body; `{path, until, within}` asks again until some finding of the
 * page has these fields (or, with `absent`, none has) and says after how many milliseconds.
 */
import { createInterface } from 'node:readline';

interface Ask {
  readonly path: string;
  readonly until?: Readonly<Record<string, string>>;
  readonly absent?: true;
  readonly within?: number;
}

type Page = { readonly findings?: readonly Readonly<Record<string, unknown>>[] };

const base = process.argv[2] ?? '';

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(JSON.parse(line) as Ask)));
}

async function answer({ path, until, absent, within = 5000 }: Ask): Promise<object> {
  const began = performance.now();
  for (;;) {
    const body = await get(path);
    const ms = performance.now() - began;
    if (!until) return { ms, body };
    const fits = (body.findings ?? []).some((one) => Object.entries(until).every(([key, value]) => one[key] === value));
    if (fits !== (absent === true)) return { ms, met: true };
    if (ms > within) return { ms, met: false, body };
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function get(path: string): Promise<Page> {
  try {
    return (await (await fetch(`${base}${path}`)).json()) as Page;
  } catch (error) {
    return { error: String(error) } as Page;
  }
}
