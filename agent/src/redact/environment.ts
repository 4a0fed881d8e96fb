import { redactValue } from './text.ts';

const selected = /^(ETCD_[A-Z0-9_]+|KUBELET_CONFIG_DROPIN_DIR_ALPHA)$/;

/** The variables that effective settings depend on, without secrets; everything else never leaves the collector. */
export function selectEnvironment(pairs: Iterable<readonly [name: string, value: string]>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of pairs) if (selected.test(name)) kept[name] = redactValue(name, value);
  return kept;
}

/** NUL-separated /proc/PID/environ as pairs; the last of a name wins in a process as well. */
export function parseEnviron(text: string): readonly (readonly [string, string])[] {
  return text.split('\0').flatMap((entry) => {
    const cut = entry.indexOf('=');
    return cut > 0 ? [[entry.slice(0, cut), entry.slice(cut + 1)] as const] : [];
  });
}

/** /proc/PID/environ in a recording. */
export function recordEnviron(content: Buffer): string {
  const kept = selectEnvironment(parseEnviron(content.toString('utf8')));
  return Object.entries(kept)
    .map(([name, value]) => `${name}=${value}\0`)
    .join('');
}
