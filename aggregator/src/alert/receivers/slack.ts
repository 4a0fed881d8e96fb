import Type from 'typebox';
import type { AlertMessage } from '../message.ts';
import { clean, cut, factLines, headline, valueLines } from '../text.ts';
import { HttpPlace, postTo, withFiles } from './place.ts';
import type { ReceiverKind } from './receiver.ts';

const { url: _, ...place } = HttpPlace;
const schema = Type.Object({ ...place, urlFile: Type.String({ minLength: 1 }) }, { additionalProperties: false });

/** An incoming webhook of Slack, whose URL is the secret. */
export const slack: ReceiverKind<typeof schema> = {
  schema,
  needsUrl: false,
  make: (spec) => ({
    name: spec.name,
    kind: 'slack',
    deliver: ({ message, signal }) =>
      withFiles(() => postTo(spec, {}, { body: JSON.stringify(slackMessage(message)), headers: {} }, signal)),
  }),
};

/** Slack's own limits: 150 characters of a header, 2000 of a field, 3000 of a text, ten fields a section. */
const limits = { header: 150, field: 1000, text: 2800, fields: 10, fallback: 300 };

/** Blocks of plain text alone: what a node or an object is called can neither mention anybody nor link anywhere. */
export function slackMessage(message: AlertMessage) {
  const fields = factLines(message)
    .slice(0, limits.fields)
    .map(([name, text]) => plain(`${name}\n${text}`, limits.field));
  const values = valueLines(message, 15).join('\n');
  const texts = [message.summary, values, message.remedy ?? ''].filter((text) => text.trim() !== '');
  return {
    // What a notification shows is read as mrkdwn.
    text: escaped(headline(message, limits.fallback)),
    mrkdwn: false,
    blocks: [
      { type: 'header', text: plain(headline(message, limits.header), limits.header) },
      { type: 'section', fields },
      ...texts.map((text) => ({ type: 'section', text: plain(text, limits.text) })),
      ...(message.url === null ? [] : [button(message.url)]),
    ],
  };
}

function plain(text: string, most: number) {
  return { type: 'plain_text', text: cut(clean(text), most), emoji: false };
}

function button(url: string) {
  return {
    type: 'actions',
    elements: [{ type: 'button', text: plain('Open in Plumbline', 75), url: url.slice(0, 3000), action_id: 'open' }],
  };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
