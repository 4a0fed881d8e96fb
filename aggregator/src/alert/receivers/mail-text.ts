import type { AlertMessage } from '../message.ts';
import { clean, cut, factLines, headline, valueLines } from '../text.ts';

/** A mail's subject and its body as text and as HTML, which holds no picture, link or style of anybody else. */
export interface MailText {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** The mail that tells a message. */
export function mailText(message: AlertMessage): MailText {
  const facts = factLines(message);
  const values = valueLines(message, 50);
  const texts = [message.summary, message.remedy ?? '']
    .map((text) => cut(clean(text), 8000))
    .filter((one) => one !== '');
  const link = message.url === null ? [] : [message.url];
  const [summary = '', ...rest] = texts;
  return {
    subject: headline(message, 200),
    text: [
      summary,
      facts.map(([name, text]) => `${name}: ${text}`).join('\n'),
      ...(values.length === 0 ? [] : [`Values:\n${values.join('\n')}`]),
      ...rest,
      ...link,
    ].join('\n\n'),
    html: [
      `<h2>${escaped(headline(message, 300))}</h2>`,
      `<p>${escaped(summary)}</p>`,
      `<table>${facts.map(([name, text]) => `<tr><th align="left">${escaped(name)}</th><td>${escaped(text)}</td></tr>`).join('')}</table>`,
      ...(values.length === 0 ? [] : [`<ul>${values.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>`]),
      ...rest.map((text) => `<p>${escaped(text)}</p>`),
      ...link.map((url) => `<p><a href="${escaped(url)}">Open in Plumbline</a></p>`),
    ].join('\n'),
  };
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
