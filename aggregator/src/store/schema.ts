import type { Migration } from 'kysely/migration';
import { intervals } from './migrations/0001-intervals.ts';
import { nodeQuota } from './migrations/0002-node-quota.ts';
import { comparison } from './migrations/0003-comparison.ts';
import { journal } from './migrations/0004-journal.ts';
import { objects } from './migrations/0005-objects.ts';
import { retention } from './migrations/0006-retention.ts';
import { scans } from './migrations/0007-scans.ts';
import { waivers } from './migrations/0008-waivers.ts';
import { alerts } from './migrations/0009-alerts.ts';
import { outbox } from './migrations/0010-outbox.ts';
import { drift } from './migrations/0011-drift.ts';

/** Every migration, oldest first; in code, so that a bundle carries them. Their names begin with the version they lead to. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-intervals': intervals,
  '0002-node-quota': nodeQuota,
  '0003-comparison': comparison,
  '0004-journal': journal,
  '0005-objects': objects,
  '0006-retention': retention,
  '0007-scans': scans,
  '0008-waivers': waivers,
  '0009-alerts': alerts,
  '0010-outbox': outbox,
  '0011-drift': drift,
};

/** Version of the schema that this program writes; `PRAGMA user_version` of the file. */
export const schemaVersion = Math.max(...Object.keys(migrations).map((name) => Number.parseInt(name, 10)));
