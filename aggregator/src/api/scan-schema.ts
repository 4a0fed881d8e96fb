import Type, { type Static } from 'typebox';
import { About, Counts, Gap } from './schemas.ts';

const Text = Type.String();
const Time = Type.String({ description: 'ISO 8601 UTC' });
const orNull = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Object>>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const Note = Type.String({ maxLength: 2000, description: 'What it is for' });
const sections = Type.Record(Text, Counts);

/** Begins with a letter, so that no name can be taken for a time or an id. */
const Name = Type.String({
  minLength: 1,
  maxLength: 100,
  pattern: '^(?!(?:now|latest)$)\\p{L}[\\p{L}\\p{N} ._/-]*$',
  description: 'A scan with a name is kept when others are forgotten; begins with a letter',
});

const scan = {
  id: Text,
  name: orNull(Text),
  note: orNull(Text),
  trigger: Type.Union([Type.Literal('request'), Type.Literal('schedule')]),
  by: Type.String({ description: 'Owner of the token, or name of the schedule' }),
  requestedAt: Time,
  deadline: Time,
  state: Type.Union([
    Type.Literal('running'),
    Type.Literal('complete'),
    Type.Literal('partial'),
    Type.Literal('failed'),
  ]),
  reason: Type.Union([Text, Type.Null()], {
    description: 'incomplete; nothing-judged, store, interrupted, internal; null when it is complete or runs',
  }),
  message: orNull(Text),
  at: Type.Union([Time, Type.Null()], {
    description: 'The instant that it stands for; null while it runs and when it failed',
  }),
  endedAt: orNull(Time),
  program: Text,
  detail: Type.Union([Type.Literal('kept'), Type.Literal('gone'), Type.Null()], {
    description: 'gone: what it counted is older than what is kept, its summary is all that is left',
  }),
  summary: Type.Union([Counts, Type.Null()]),
};

/** One scan of a list. */
export const ScanItem = Type.Object(scan);
export type ScanItem = Static<typeof ScanItem>;

export const ScansAnswer = Type.Object({ ...About.properties, scans: Type.Array(ScanItem), nextCursor: orNull(Text) });

/** One scan with what was counted: `summary` by section, by document, and what could not be known. */
export const ScanDetail = Type.Object({
  ...scan,
  summary: Type.Union([Type.Object({ ...Counts.properties, sections }), Type.Null()]),
  documents: Type.Array(Type.Object({ benchmark: Text, title: Text, ...Counts.properties, sections })),
  nodes: orNull(
    Type.Object({
      total: Type.Integer(),
      reporting: Type.Integer(),
      notReporting: Type.Integer(),
      unsupported: Type.Integer({ description: 'Nodes that no agent looks at, such as Windows' }),
    }),
  ),
  gaps: Type.Array(Gap, { description: 'What could not be known, the first 100' }),
  gapsTotal: Type.Integer(),
});
export type ScanDetail = Static<typeof ScanDetail>;

export const ScanAnswer = Type.Object({ ...About.properties, scan: ScanDetail });
export const ScanStarted = Type.Object({
  scan: ScanDetail,
  joined: Type.Boolean({ description: 'One was running already, and this is it' }),
});

export const ScanBody = Type.Object(
  { name: Type.Optional(Name), note: Type.Optional(Note) },
  { additionalProperties: false },
);
export const ScanPatchBody = Type.Object(
  { name: Type.Optional(orNull(Name)), note: Type.Optional(orNull(Note)) },
  { additionalProperties: false },
);

const timing = {
  cron: Type.String({
    minLength: 9,
    maxLength: 200,
    description: 'Minute, hour, day of month, month and day of week',
    examples: ['30 2 * * *'],
  }),
  timeZone: Type.String({ minLength: 1, maxLength: 100, default: 'UTC', description: 'IANA name: Europe/Berlin' }),
  note: Type.Optional(orNull(Note)),
  enabled: Type.Boolean({ default: true }),
};
const ScheduleName = Type.String({ maxLength: 63, pattern: '^[a-z0-9]([a-z0-9-]*[a-z0-9])?$' });

export const ScheduleBody = Type.Object({ name: ScheduleName, ...timing }, { additionalProperties: false });
export const ScheduleReplacement = Type.Object(timing, { additionalProperties: false });
export const ScheduleItem = Type.Object({
  name: Text,
  cron: Text,
  timeZone: Text,
  note: orNull(Text),
  enabled: Type.Boolean(),
  nextRun: Type.Union([Time, Type.Null()], { description: 'null while it is off' }),
});
export const ScheduleAnswer = Type.Object({ schedule: ScheduleItem });
export const SchedulesAnswer = Type.Object({
  ...About.properties,
  schedules: Type.Array(ScheduleItem),
  nextCursor: orNull(Text),
});
