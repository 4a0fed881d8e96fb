/** A Kubernetes minor version, `1.34`. */
export interface Minor {
  readonly major: number;
  readonly minor: number;
}

const shape = /^v?(\d{1,3})\.(\d{1,4})(?:$|[^\d])/;

/** Reads `1.34`, `v1.34.4`, `v1.34.4-eks-abc`, `1.34+`; undefined for anything else. */
export function parseMinor(text: string | undefined): Minor | undefined {
  const found = shape.exec(text ?? '');
  if (!found) return undefined;
  return { major: Number(found[1]), minor: Number(found[2]) };
}

/** Negative when `a` is older than `b`, 0 when equal. */
export function compareMinor(a: Minor, b: Minor): number {
  return a.major - b.major || a.minor - b.minor;
}

/** `1.34`. */
export function minorText(minor: Minor): string {
  return `${minor.major}.${minor.minor}`;
}

/** `v1.34.4` as people read it, `1.34.4`. */
export function plainVersion(version: string): string {
  return version.replace(/^v(?=\d)/, '');
}
