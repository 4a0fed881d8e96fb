/** Controls, format characters (bidi, zero width, tags), surrogates, separators, private and unassigned code points. */
const dangerous = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** Makes text from a node safe to print: what could steer a terminal or reorder a line is shown as `\u{1b}`. */
export function escapeText(text: string): string {
  return text.replace(dangerous, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** Escapes inside a JSON text what JSON.stringify leaves as it is (bidi, C1, DEL); the data stay the same. */
export function escapeJson(json: string): string {
  return json.replace(dangerous, (character) =>
    character === '\n'
      ? character
      : [...Array(character.length).keys()]
          .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
          .join(''),
  );
}

/** `JSON.stringify` with two spaces, safe to print. */
export function printableJson(value: unknown): string {
  return escapeJson(JSON.stringify(value, null, 2));
}
