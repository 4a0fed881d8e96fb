/** True when a name fits one of the globs; `*` stands for any text, everything else for itself. */
export function matchesGlob(globs: readonly string[], name: string): boolean {
  return globs.some((glob) => fits(glob, name));
}

/** Linear in the length of both: no pattern makes it slow. */
function fits(glob: string, name: string): boolean {
  const [first = '', ...rest] = glob.split('*');
  if (rest.length === 0) return glob === name;
  if (!name.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let from = first.length;
  for (const part of rest) {
    const found = name.indexOf(part, from);
    if (found < 0) return false;
    from = found + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
