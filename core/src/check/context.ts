import type { Control } from '../control.ts';
import { instancesOf, type NodeView } from '../node-view.ts';
import type { Pack } from '../pack/pack.ts';
import { settingName } from '../pack/references.ts';
import type { Setting, Settings } from '../settings/setting.ts';
import { settingsOf } from '../settings/settings.ts';
import { type Minor, parseMinor } from '../version.ts';

/** What is known of versions on one node: the kubelet's from its Node object, the control plane's from the API server. */
export interface Versions {
  readonly kubelet?: string;
  readonly controlPlane?: string;
}

/** One node ready to be judged: settings are computed once per instance and shared by all controls. */
export interface NodeContext {
  readonly pack: Pack;
  readonly view: NodeView;
  readonly versions: Versions;
  readonly minorOf: (component: string) => Minor | undefined;
  readonly settings: (component: string, instance: string) => Settings;
}

/** kube-proxy is versioned with the node's kubelet; etcd has versions of its own, which nobody states here. */
function minorOf(versions: Versions, component: string): Minor | undefined {
  if (component === 'etcd') return undefined;
  const onNode = component === 'kubelet' || component === 'kube-proxy';
  return parseMinor(onNode ? versions.kubelet : versions.controlPlane);
}

export function nodeContext(pack: Pack, view: NodeView, versions: Versions): NodeContext {
  const known = new Map<string, Settings>();
  const minor = (component: string) => minorOf(versions, component);
  return {
    pack,
    view,
    versions,
    minorOf: minor,
    settings(component, instance) {
      const before = known.get(instance);
      if (before) return before;
      const settings = settingsOf({
        view,
        instance,
        component,
        minor: minor(component),
        defaults: pack.defaults,
        kinds: pack.kinds,
      });
      known.set(instance, settings);
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

/** The setting a name means here: of the judged instance, or of the first instance of another component on this node. */
export function settingOf(context: CheckContext, name: string): Setting {
  const { component, key } = settingName(context.control, name);
  const own = component === context.control.subject ? context.instance : undefined;
  const instance = own ?? instancesOf(context.node.view, component)[0];
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

/** `featureGates.RotateKubeletServerCertificate`: one item of a map, with the gate's default of the minor. */
function mapItem(settings: Settings, key: string): Setting | undefined {
  const cut = key.indexOf('.');
  if (cut < 0) return undefined;
  const map = settings.get(key.slice(0, cut));
  if (!map.known) return map.reason === 'unsupported' ? undefined : { ...map, key };
  const item = Object(map.value)[key.slice(cut + 1)];
  if (item === undefined)
    return { known: true, key, type: 'string', value: null, origin: { kind: 'default' }, stated: false };
  return { ...map, key, type: 'string', value: item };
}
