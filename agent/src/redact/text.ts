/** What stands in the place of a secret. */
export const redacted = '[redacted]';

const secretName =
  /token|passw|secret|passphrase|credential|bearer|api-?key|private-?key|(^|[-_.])key$|^authorization$|header/i;
/** Names that only say where a secret is kept, or how long. */
const harmlessName =
  /(file|path|dir|directory|ttl|expiration|period|timeout|duration|enabled|allowed-names|-headers|-prefix)$/i;
const harmlessValue = /^(|true|false|t|f|\/[\w./@+:-]*|(\d+(\.\d+)?(ns|us|ms|s|m|h))+)$/i;

/** Does a value under this name hold a secret? Switches, durations and absolute paths never do. */
export function isSecret(name: string, value: string): boolean {
  return secretName.test(name) && !harmlessName.test(name) && !harmlessValue.test(value);
}

/** Any text without user names and passwords of URLs, bearer tokens and private keys. */
export function redactText(text: string): string {
  return text
    .replace(/:\/\/\S*@/g, `://${redacted}@`)
    .replace(/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, redacted)
    .replace(/\b(bearer|basic)\s+\S+/gi, `$1 ${redacted}`)
    .replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, redacted);
}

/** A value under its name, without what is secret. */
export function redactValue(name: string, value: string): string {
  return isSecret(name, value) ? redacted : redactText(value);
}
