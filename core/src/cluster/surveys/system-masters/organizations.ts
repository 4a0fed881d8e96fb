/**
 * Organisations of a subject as facts have it (`O=system:masters, CN=kubernetes-admin`): each is a group of the API server. A comma or plus
 * inside a value has a backslash before it.
 */
export function organizationsOf(subject: string): readonly string[] {
  return subject
    .split(/(?<!\\)(?:, | \+ )/)
    .filter((part) => part.startsWith('O='))
    .map((part) => part.slice(2).replace(/\\(.)/g, '$1'));
}
