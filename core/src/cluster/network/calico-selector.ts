/** Does a selector of Calico fit these labels. */
export type CalicoSelector = (labels: Readonly<Record<string, string>>) => boolean;

const longest = 4096;
const deepest = 50;
const token =
  /\s*(?:(&&|\|\||==|!=|[!(){},])|'([^']*)'|"([^"]*)"|(has\(|all\(\)|global\(\)|not\s+in(?=[\s{])|starts\s+with(?=\s)|ends\s+with(?=\s))|([A-Za-z0-9_./-]+))/y;

interface Token {
  readonly kind: 'sign' | 'text' | 'word';
  readonly text: string;
}

/**
 * Reads a selector: `==`, `!=`, `in {}`, `not in {}`, `contains`, `starts with`, `ends with`, `has()`, `all()`, `global()`, `!`, `&&`, `||` and
 * parentheses; an empty one fits everything. A comparison by `!=` or `not in` also fits what lacks the label. Undefined for anything else, and
 * for what is longer or deeper than people write. Source: the reference of Calico's NetworkPolicy, "Selectors".
 */
export function calicoSelector(text: string): CalicoSelector | undefined {
  if (text.trim() === '') return () => true;
  const tokens = text.length > longest ? undefined : tokensOf(text);
  if (!tokens) return undefined;
  const reader = new Reader(tokens);
  const selector = reader.either(0);
  return reader.ended() ? selector : undefined;
}

function tokensOf(text: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  token.lastIndex = 0;
  while (token.lastIndex < end) {
    const found = token.exec(text);
    if (!found) return undefined;
    const [, sign, single, double, call, word] = found;
    const literal = single ?? double;
    if (literal !== undefined) tokens.push({ kind: 'text', text: literal });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word });
    else tokens.push({ kind: 'sign', text: (sign ?? call ?? '').replace(/\s+/, ' ') });
  }
  return tokens;
}

/** Recursive descent; each method gives undefined for what is no selector. */
class Reader {
  private at = 0;
  private readonly tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  ended(): boolean {
    return this.at === this.tokens.length;
  }

  either(depth: number): CalicoSelector | undefined {
    const parts = this.series('||', () => this.both(depth));
    return parts && ((labels) => parts.some((part) => part(labels)));
  }

  private both(depth: number): CalicoSelector | undefined {
    const parts = this.series('&&', () => this.one(depth));
    return parts && ((labels) => parts.every((part) => part(labels)));
  }

  private series(sign: string, next: () => CalicoSelector | undefined): readonly CalicoSelector[] | undefined {
    const parts: CalicoSelector[] = [];
    do {
      const part = next();
      if (!part) return undefined;
      parts.push(part);
    } while (this.takes(sign));
    return parts;
  }

  private one(depth: number): CalicoSelector | undefined {
    if (depth > deepest) return undefined;
    if (this.takes('!')) {
      const inner = this.one(depth + 1);
      return inner && ((labels) => !inner(labels));
    }
    if (this.takes('all()')) return () => true;
    // Pods live in namespaces, what global() selects does not.
    if (this.takes('global()')) return () => false;
    if (this.takes('(')) {
      const inner = this.either(depth + 1);
      return this.takes(')') ? inner : undefined;
    }
    const asks = this.takes('has(');
    const label = this.take('word');
    if (label === undefined) return undefined;
    if (asks) return this.takes(')') ? (labels) => Object.hasOwn(labels, label) : undefined;
    return this.comparison((labels) => (Object.hasOwn(labels, label) ? labels[label] : undefined));
  }

  private comparison(labelIn: (labels: Readonly<Record<string, string>>) => string | undefined) {
    const next = this.tokens[this.at];
    this.at += 1;
    const operator = next?.kind === 'text' ? undefined : next?.text;
    if (operator === 'in' || operator === 'not in') {
      const values = this.values();
      const wanted = operator === 'in';
      return values && ((labels: Readonly<Record<string, string>>) => values.has(labelIn(labels)) === wanted);
    }
    const compare = Object.hasOwn(comparisons, operator ?? '') ? comparisons[operator ?? ''] : undefined;
    const value = compare && this.take('text');
    if (!compare || value === undefined) return undefined;
    return (labels: Readonly<Record<string, string>>) => compare(labelIn(labels), value);
  }

  private values(): ReadonlySet<string | undefined> | undefined {
    if (!this.takes('{')) return undefined;
    const values = new Set<string | undefined>();
    while (!this.takes('}')) {
      if (values.size > 0 && !this.takes(',')) return undefined;
      const value = this.take('text');
      if (value === undefined) return undefined;
      values.add(value);
    }
    return values;
  }

  private takes(sign: string): boolean {
    const next = this.tokens[this.at];
    if (next?.kind !== 'sign' || next.text !== sign) return false;
    this.at += 1;
    return true;
  }

  private take(kind: Token['kind']): string | undefined {
    const next = this.tokens[this.at];
    if (next?.kind !== kind) return undefined;
    this.at += 1;
    return next.text;
  }
}

const comparisons: Readonly<Record<string, (label: string | undefined, value: string) => boolean>> = {
  '==': (label, value) => label === value,
  '!=': (label, value) => label !== value,
  contains: (label, value) => label?.includes(value) === true,
  'starts with': (label, value) => label?.startsWith(value) === true,
  'ends with': (label, value) => label?.endsWith(value) === true,
};
