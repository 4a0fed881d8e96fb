const block = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

/** Blocks of a PEM text in their order: label and whole text. */
export function pemBlocks(text: string): readonly { readonly label: string; readonly text: string }[] {
  return [...text.matchAll(block)].map((found) => ({ label: found[1] ?? '', text: found[0] }));
}

/** Is this the label of a private key, however it is written? */
export function isPrivateKey(label: string): boolean {
  return label.endsWith('PRIVATE KEY');
}

/** A PEM file in a recording: certificates, and of anything else only that it is there. */
export function recordPem(content: Buffer): string {
  return pemBlocks(content.toString('latin1'))
    .map(({ label, text }) => (label === 'CERTIFICATE' ? text : `-----BEGIN ${label}-----\n-----END ${label}-----`))
    .map((text) => `${text}\n`)
    .join('');
}
