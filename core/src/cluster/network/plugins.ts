import Type, { type Static } from 'typebox';

const Texts = Type.Array(Type.String());

/** What is known of network plugins. `types`: of the CNI configuration; `images`: globs of the repositories of its agents. */
export const PluginTable = Type.Object(
  {
    /** Enforce policies while their agent runs; without `types` beside any plugin. */
    enforce: Type.Array(
      Type.Object({ name: Type.String(), types: Texts, images: Texts }, { additionalProperties: false }),
    ),
    /** Enforce them under a condition that is not seen. */
    depend: Type.Array(
      Type.Object(
        { name: Type.String(), types: Texts, images: Texts, when: Type.String() },
        { additionalProperties: false },
      ),
    ),
    /** Types that enforce nothing. */
    plain: Texts,
    /** Ends of versions of distributions that have a controller of policies inside the API server's process. */
    embedded: Texts,
  },
  { additionalProperties: false },
);
export type PluginTable = Static<typeof PluginTable>;
export type Plugin = Pick<PluginTable['enforce'][number], 'name' | 'types' | 'images'>;

/** The verdict on one configuration. */
export interface Outcome {
  readonly status: 'pass' | 'fail' | 'warn' | 'error';
  readonly reason: string;
  readonly message: string;
  /** The condition that nobody sees, where it depends on one. */
  readonly condition?: string;
}

/** Whether what a configuration names enforces policies, given the plugins whose agents run. What nobody knows never passes. */
export function outcomeOf(
  types: readonly string[],
  { enforce, depend, plain, embedded }: PluginTable,
  running: ReadonlySet<Plugin>,
  version: string,
): Outcome {
  const named = (plugin: Plugin) => plugin.types.some((type) => types.includes(type));
  const text = types.join(', ');
  const working = enforce.find((plugin) => running.has(plugin) && (plugin.types.length === 0 || named(plugin)));
  if (working) return { status: 'pass', reason: 'as-expected', message: `${working.name} enforces network policies.` };
  const idle = enforce.find(named);
  if (idle) {
    const message = `${idle.name} is configured, but no pod of its agent is recognised; confirm that it runs on every node.`;
    return { status: 'warn', reason: 'agent-not-seen', message };
  }
  const open = depend.find((plugin) => running.has(plugin) || named(plugin));
  if (open) {
    const condition = `${open.name} enforces network policies where ${open.when}`;
    return { status: 'warn', reason: 'depends', message: `${condition}; confirm it.`, condition };
  }
  const unknown = types.filter((type) => !plain.includes(type));
  if (unknown.length > 0) {
    const message = `Nobody knows whether ${unknown.join(', ')} enforces network policies; confirm it.`;
    return { status: 'warn', reason: 'unknown-plugin', message };
  }
  const inside = embedded.find((mark) => version.includes(mark));
  if (inside !== undefined) {
    const message = `The plugins (${text}) enforce no policies; a distribution ${inside} has a controller of its own unless it is switched off (disable-network-policy): confirm that it is on.`;
    return { status: 'warn', reason: 'embedded-controller', message };
  }
  return {
    status: 'fail',
    reason: 'not-enforced',
    message: `The plugins (${text}) enforce no network policies, and nothing that does runs beside them.`,
  };
}
