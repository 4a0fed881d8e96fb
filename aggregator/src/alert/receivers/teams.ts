import Type from 'typebox';
import type { AlertMessage } from '../message.ts';
import { clean, cut, factLines, headline, valueLines } from '../text.ts';
import { HttpPlace, postTo, withFiles } from './place.ts';
import type { ReceiverKind } from './receiver.ts';

const { url: _, ...place } = HttpPlace;
const schema = Type.Object({ ...place, urlFile: Type.String({ minLength: 1 }) }, { additionalProperties: false });

/** A workflow of Microsoft Teams that takes a webhook, whose URL is the secret. */
export const teams: ReceiverKind<typeof schema> = {
  schema,
  needsUrl: false,
  make: (spec) => ({
    name: spec.name,
    kind: 'teams',
    deliver: ({ message, signal }) =>
      withFiles(() => postTo(spec, {}, { body: teamsBody(message), headers: {} }, signal)),
  }),
};

/** Teams refuses messages beyond 28 KB. */
const mostBytes = 28_000;

/** The card with as much of the message as fits. */
export function teamsBody(message: AlertMessage): string {
  for (let share = 1; ; share /= 2) {
    const body = JSON.stringify(teamsCard(message, share));
    if (Buffer.byteLength(body) <= mostBytes || share < 0.05) return body;
  }
}

function teamsCard(message: AlertMessage, share: number) {
  const long = Math.floor(4000 * share);
  const facts = factLines(message).map(([name, text]) =>
    run([bold(`${name}: `), plain(text, Math.floor(700 * share))]),
  );
  const values = valueLines(message, Math.ceil(20 * share)).map((line) => run([plain(line, 600)]));
  const texts = [message.summary, message.remedy ?? ''].filter((text) => text.trim() !== '');
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [
      run([
        { ...bold(headline(message, 300)), size: 'Large', color: message.status === 'firing' ? 'Attention' : 'Good' },
      ]),
      ...facts,
      ...texts.map((text) => run([plain(text, long)])),
      ...values,
    ],
    ...(message.url === null
      ? {}
      : { actions: [{ type: 'Action.OpenUrl', title: 'Open in Plumbline', url: message.url }] }),
  };
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content }],
  };
}

/** Runs of text are shown as they are; a TextBlock would read Markdown in them. */
function run(inlines: readonly object[]) {
  return { type: 'RichTextBlock', inlines };
}

function plain(text: string, most: number) {
  return { type: 'TextRun', text: cut(clean(text), most) };
}

function bold(text: string) {
  return { ...plain(text, 400), weight: 'Bolder' };
}
