import type { RbacDefaultsFile } from '../cluster/rbac/defaults.ts';
import { compareMinor, type Minor, minorText, parseMinor } from '../version.ts';
import type { DefaultsFile, GatesFile, PluginsFile, SettingSpec } from './defaults.ts';

/** Everything of benchmarks/defaults, by component. */
export interface DefaultsTable {
  readonly components: ReadonlyMap<string, DefaultsFile>;
  readonly plugins: PluginsFile;
  readonly gates: GatesFile;
  readonly rbac: RbacDefaultsFile;
}

/** The spec of a component's setting, undefined when the tables do not know it. */
export function specOf(table: DefaultsTable, component: string, key: string): SettingSpec | undefined {
  return table.components.get(component)?.settings[key];
}

/** The entry in force in a minor: the last one whose `since` is not newer; the first when all are newer. */
export function inForce<T extends { readonly since: string }>(list: readonly T[], minor: Minor): T | undefined {
  return begun(list, minor) ?? list[0];
}

function begun<T extends { readonly since: string }>(list: readonly T[], minor: Minor): T | undefined {
  return list.findLast((entry) => {
    const from = parseMinor(entry.since);
    return from !== undefined && compareMinor(from, minor) <= 0;
  });
}

/** The default in force, or why there is none. `version` names the minor for evidence. */
export type DefaultFound =
  | { readonly kind: 'value'; readonly text: string; readonly version: string | undefined }
  | { readonly kind: 'removed' | 'not-yet'; readonly version: string }
  | { readonly kind: 'varies' };

/**
 * The default of a setting in a minor. With no minor: the value when every minor agrees, else `varies`, which becomes
 * `error: version-unknown`.
 */
export function findDefault(spec: SettingSpec, minor: Minor | undefined, legacy: boolean): DefaultFound {
  const list = legacy && spec.legacyDefaults?.length ? spec.legacyDefaults : spec.defaults;
  const first = list[0];
  if (!first) return { kind: 'varies' };
  if (!minor) {
    const same = list.every((entry) => entry.value === first.value);
    const everywhere = first.value === '' || (spec.removed === undefined && spec.introduced === undefined);
    return same && everywhere ? { kind: 'value', text: first.value, version: undefined } : { kind: 'varies' };
  }
  const removed = parseMinor(spec.removed);
  if (removed && compareMinor(minor, removed) >= 0) return { kind: 'removed', version: minorText(removed) };
  const introduced = parseMinor(spec.introduced);
  if (introduced && compareMinor(minor, introduced) < 0) return { kind: 'not-yet', version: minorText(introduced) };
  return { kind: 'value', text: (begun(list, minor) ?? first).value, version: minorText(minor) };
}
