/** Breaks text at spaces into lines of at most `width` code points; words that are longer are cut. Never empty. */
export function wrap(text: string, width: number): readonly string[] {
  const room = Math.max(8, width);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line !== '' && length(line) + 1 + length(word) <= room) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = cut(word, room);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? '';
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines;
}

/** Code points of a text; escaped text has no wider or narrower ones that matter. */
export function length(text: string): number {
  return [...text].length;
}

/** Prefers to cut a long word behind a separator, so that paths and cipher lists stay readable. */
function cut(word: string, room: number): readonly string[] {
  const rest = [...word];
  const pieces: string[] = [];
  while (rest.length > room) {
    const separator = rest.slice(0, room).findLastIndex((character) => '/,;:='.includes(character));
    pieces.push(rest.splice(0, separator > room / 2 ? separator + 1 : room).join(''));
  }
  return [...pieces, rest.join('')];
}
