import type { RuleOn } from '../rule-spec.ts';
import { drift } from './drift.ts';
import { error } from './error.ts';
import { regress } from './regress.ts';
import { silent } from './silent.ts';
import type { Watcher } from './watcher.ts';

/** What reads the journal, by what a rule is on. Rules on how things stand are looked at by `levels`. */
export const watchers: Partial<Readonly<Record<RuleOn, Watcher>>> = { regress, error, silent, drift };
