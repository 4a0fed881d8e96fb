import type { Control } from '../control.ts';
import { instancesOf, type NodeView } from '../node-view.ts';
import type { Pack } from '../pack/pack.ts';
import { settingName } from '../pack/references.ts';
import type { Setting, Settings } from '../settings/setting.ts';
import { settingsOf } from '../settings/settings.ts';
import { type Minor, parseMinor } from '../version.ts';
import { versionsFrom } from '../versions-from.ts';

/**
 * Who says the control plane's version: the API server or Node objects, a person, a recording, or the image tag in the static pod manifests
 * of a node.
 */
export type VersionSource = 'cluster' | 'given' | 'recorded' | 'manifest';

/** What is known of versions on one node: the kubelet's from its Node object, the control plane's from `source`. */
export interface Versions {
  readonly kubelet?: string;
  readonly controlPlane?: string;
  readonly source?: VersionSource;
}

/** One node ready to be judged: settings are computed once per instance and shared by all controls. */
export interface NodeContext {
  readonly pack: Pack;
  readonly view: NodeView;
  readonly versions: Versions;
  readonly minorOf: (component: string) => Minor | undefined;
  readonly settings: (component: string, instance: string) => Settings;
  /** The same node as it may be otherwise, while processes run with older files than lie there. */
  readonly others?: readonly OtherWorld[];
}

/**
 * A node with other content in its configuration files. `restarted`: as they lie, so that it shows what is pending; `running`: as the processes
 * read them; `unseen`: without the files of which nobody knows what the processes read.
 */
export interface OtherWorld {
  readonly is: 'restarted' | 'running' | 'unseen';
  readonly node: NodeContext;
}

/** kube-proxy is versioned with the node's kubelet; etcd has versions of its own, which nobody states here. */
function minorOf(versions: Versions, component: string): Minor | undefined {
  if (component === 'etcd') return undefined;
  const onNode = component === 'kubelet' || component === 'kube-proxy';
  return parseMinor(onNode ? versions.kubelet : versions.controlPlane);
}

/** `given` is completed by the node's own manifests, see {@link versionsFrom}. */
export function nodeContext(pack: Pack, view: NodeView, given: Versions): NodeContext {
  const versions = versionsFrom(view, given);
  const known = new Map<string, Settings>();
  const minor = (component: string) => minorOf(versions, component);
  return {
    pack,
    view,
    versions,
    minorOf: minor,
    settings(component, instance) {
      const name = `${component} ${instance}`;
      const before = known.get(name);
      if (before) return before;
      const settings = settingsOf({
        view,
        instance,
        component,
        minor: minor(component),
        defaults: pack.defaults,
        kinds: pack.kinds,
      });
      known.set(name, settings);
      return settings;
    },
  };
}

/** One control on one subject of one node. `params` are the document's over the control's defaults. */
export interface CheckContext {
  readonly node: NodeContext;
  readonly control: Control;
  /** The judged instance; undefined where the subject is the node. */
  readonly instance: string | undefined;
  readonly params: Readonly<Record<string, string | readonly string[]>>;
  /** ISO time that certificates are compared with. */
  readonly now: string;
}

/** A setting with the instance it belongs to; of the component where none runs. */
export interface SettingHere {
  readonly subject: string;
  readonly setting: Setting;
}

/**
 * The settings a name means here: the judged instance's own, or those of every instance of another component on this node. What a
 * control asks of another component must hold for all of its instances: nobody knows which of them the judged one talks to.
 */
export function settingsHere(context: CheckContext, name: string): readonly SettingHere[] {
  const { component, key } = settingName(context.control, name);
  const own = component === context.control.subject ? context.instance : undefined;
  const instances = own === undefined ? instancesOf(context.node.view, component) : [own];
  const subjects = instances.length > 0 ? instances : [undefined];
  return subjects.map((instance) => ({
    subject: instance ?? component,
    setting: settingOf(context, component, key, instance),
  }));
}

function settingOf(context: CheckContext, component: string, key: string, instance: string | undefined): Setting {
  if (instance === undefined) {
    return {
      known: false,
      key,
      reason: 'no-process',
      detail: `no ${component} runs on this node`,
      origin: { kind: 'derived', key: component },
    };
  }
  const settings = context.node.settings(component, instance);
  const whole = settings.get(key);
  if (whole.known || whole.reason !== 'unsupported') return whole;
  return mapItem(settings, key) ?? whole;
}

/** `featureGates.RotateKubeletServerCertificate`: one item of a map; null where nobody set it. */
function mapItem(settings: Settings, key: string): Setting | undefined {
  const cut = key.indexOf('.');
  if (cut < 0) return undefined;
  const map = settings.get(key.slice(0, cut));
  if (!map.known) return map.reason === 'unsupported' ? undefined : { ...map, key };
  const name = key.slice(cut + 1);
  const items: Readonly<Record<string, string | boolean>> = Object(map.value);
  const item = Object.hasOwn(items, name) ? items[name] : undefined;
  if (item === undefined)
    return { known: true, key, type: 'string', value: null, origin: { kind: 'default' }, stated: false };
  return { ...map, key, type: 'string', value: item, origin: map.items?.get(name) ?? map.origin };
}
