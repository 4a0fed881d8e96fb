import { alertmanager } from './alertmanager.ts';
import { email } from './email.ts';
import { pagerduty } from './pagerduty.ts';
import type { ReceiverKind } from './receiver.ts';
import { slack } from './slack.ts';
import { teams } from './teams.ts';
import { webhook } from './webhook.ts';

/** Every kind of receiver by its name in the alerts file. */
export const receiverKinds: ReadonlyMap<string, ReceiverKind> = new Map<string, ReceiverKind>([
  ['alertmanager', alertmanager],
  ['email', email],
  ['pagerduty', pagerduty],
  ['slack', slack],
  ['teams', teams],
  ['webhook', webhook],
]);
