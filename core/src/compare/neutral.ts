/** A text with the name of its node taken out, so that two nodes that differ only in name are alike. Parts of longer words stay. */
export function neutral(text: string, node: string | undefined): string {
  if (node === undefined || node === '') return text;
  const literal = node.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return text.replaceAll(new RegExp(`(?<![A-Za-z0-9])${literal}(?![A-Za-z0-9])`, 'g'), '\0');
}
