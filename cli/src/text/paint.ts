import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'magenta' | 'cyan' | 'inverse';

/** Puts a style around a text, or leaves it as it is. */
export type Paint = (style: Style | readonly Style[], text: string) => string;

/** A painter that does nothing: for files, pipes and NO_COLOR. */
export const plain: Paint = (_style, text) => text;

/** A painter for terminals. */
export const coloured: Paint = (style, text) =>
  styleText(typeof style === 'string' ? style : [...style], text, { validateStream: false });

/** Colours only on a terminal and only where nobody said NO_COLOR (any non-empty value). */
export function paintFor(stream: { readonly isTTY?: boolean }, environment: NodeJS.ProcessEnv): Paint {
  return stream.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb' ? coloured : plain;
}
