// Compares benchmarks/defaults/*.yaml with the real --help output of the binaries in a directory.
//   node test/defaults/verify.mjs BINDIR [component...]
// The minor is what the binaries report with --version. Compared for that minor:
//   - every flag that --help prints: present in flags.yaml, right kind, right range of versions, right default
//     (defaults of all flags only on the minor from which flags.yaml was generated)
//   - every flag of flags.yaml that should exist: printed, or (hidden flags) accepted by the parser with the right kind
//   - every setting of <component>.yaml: default of its flag (kubelet: legacyDefaults, because flags print those)
//   - admission plugins and feature gates named in the help
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import yaml from 'js-yaml';

const K8S = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'];
const ALL = [...K8S, 'etcd'];
const dataDir = join(dirname(fileURLToPath(import.meta.url)), '../../benchmarks/defaults');
const load = (name) => yaml.load(readFileSync(join(dataDir, `${name}.yaml`), 'utf8'));

const [binDir, ...wanted] = process.argv.slice(2);
if (!binDir) {
  console.error('usage: verify.sh BINDIR [component...]');
  process.exit(2);
}

const differences = [];
let compared = 0;
const differ = (component, text) => differences.push(`${component}: ${text}`);
const equal = (component, what, expected, actual) => {
  compared += 1;
  if (expected !== actual) differ(component, `${what}: data says ${JSON.stringify(expected)}, binary says ${JSON.stringify(actual)}`);
};

const num = (minor) => Number(minor.split('.')[0]) * 1000 + Number(minor.split('.')[1]);
const at = (list, minor) => list?.filter((entry) => num(entry.since) <= num(minor)).at(-1);
const active = (entry, minor) =>
  (!entry.introduced || num(entry.introduced) <= num(minor)) && (!entry.removed || num(entry.removed) > num(minor));
const run = (file, args) => {
  const r = spawnSync(file, args, { encoding: 'utf8', timeout: 60_000, maxBuffer: 64 * 1024 * 1024 });
  if (r.error) throw r.error;
  return r;
};

// Word that pflag prints after a flag's name -> kind. No word means bool.
const KINDS = {
  strings: 'slice', ints: 'slice', stringArray: 'array', namedCertKey: 'array', 'reserved-memory': 'array',
  mapStringBool: 'map', mapStringString: 'map', stringToString: 'map', colonSeparatedMultimapStringString: 'map',
  count: 'count', 'pattern=N,...': 'slice',
};
const VALUES = new Set(['string', 'int', 'int32', 'int64', 'uint', 'float', 'float32', 'float64', 'duration', 'ip', 'ipport',
  'quantity', 'Level', 'portRange', 'LocalMode', 'ProxyMode', '[]v1.Taint']);
const FLAG = /^\s{2,6}(?:-\w, )?--([A-Za-z0-9_.-]+)(?: (\[\]\S+|[^\s[]\S*))?(\[=[^\]]*\])?(?:\s{2,}(.*)|\s*)$/;

function parsePflagHelp(text, probe) {
  const flags = new Map();
  let current;
  for (const line of text.split('\n')) {
    const m = FLAG.exec(line);
    if (m) {
      const [, name, rawType, optional, usage = ''] = m;
      const type = rawType?.split('[=')[0];
      let kind = KINDS[type] ?? (VALUES.has(type) ? 'value' : undefined);
      if (!type || optional || rawType?.includes('[=')) kind = 'bool';
      // A word in backquotes of the usage text replaces the type: only the parser can tell.
      kind ??= probe(name) === 'bool' ? 'bool' : 'value';
      current = { kind, usage };
      flags.set(name, current);
    } else if (current && line.trim() && line.startsWith('      ')) {
      current.usage += `\n${line.trim()}`;
    } else {
      current = undefined;
    }
  }
  for (const flag of flags.values()) {
    const printed = /\(default ([\s\S]*)\)\s*$/.exec(flag.usage.replace(/\s*\(DEPRECATED:[\s\S]*$/, ''))?.[1] ?? '';
    let value = /^"[\s\S]*"$/.test(printed) ? printed.slice(1, -1) : printed;
    if (flag.kind === 'slice' || flag.kind === 'array') value = value.replace(/^\[([\s\S]*)\]$/, '$1');
    flag.default = flag.kind === 'bool' && value === '' ? 'false' : value;
  }
  return flags;
}

function parseEtcdHelp(text, probe) {
  const flags = new Map();
  for (const m of text.matchAll(/^ {2}--([a-z0-9-]+)(?: (?:'([^']*)'|(\S+)))?.*$/gm)) {
    flags.set(m[1], { kind: probe(m[1]), default: m[2] ?? m[3] ?? '' });
  }
  return flags;
}

// Asks the parser itself: a boolean flag refuses the text, an unknown flag is named in the error. --help keeps the process from starting.
function prober(file, isEtcd) {
  return (name) => {
    const r = run(file, [`--${name}=\u00a7`, '--help']);
    const lines = `${r.stderr}\n${r.stdout}`.split('\n').filter((l) => /unknown flag|not defined|ParseBool|invalid boolean|invalid argument/.test(l));
    const message = lines.find((l) => l.includes(name)) ?? '';
    if (/unknown flag|flag provided but not defined/.test(message)) return 'unknown';
    if (/ParseBool|invalid boolean value/.test(message)) return 'bool';
    return isEtcd ? 'value' : 'other';
  };
}

const seconds = (text) => {
  const unit = { h: 3600, m: 60, s: 1, ms: 0.001, us: 1e-6, µs: 1e-6 };
  let sum = 0;
  for (const [, n, u] of text.matchAll(/([\d.]+)(ms|us|µs|h|m|s)/g)) sum += Number(n) * unit[u];
  return sum;
};
function normal(type, value) {
  if (type === 'bool') return value === '' ? 'false' : value;
  if (type === 'int') return value === '' ? '0' : value;
  if (type === 'duration') return String(seconds(value));
  return value;
}

function checkKind(component, name, entry, flag, minor) {
  equal(component, `kind of --${name}`, at(entry.kinds, minor)?.kind ?? entry.kind, flag.kind === 'value' && component === 'etcd' && entry.kind === 'map' ? 'map' : flag.kind);
}

function checkFlags(component, table, help, minor, helpMinor, probe) {
  for (const [name, flag] of help) {
    const entry = table[name];
    if (!entry || !active(entry, minor)) {
      differ(component, `--${name} exists in ${minor}, data has ${entry ? `introduced ${entry.introduced} removed ${entry.removed}` : 'no such flag'}`);
      continue;
    }
    checkKind(component, name, entry, flag, minor);
    if (helpMinor === minor) {
      const zero = component !== 'etcd' && entry.kind === 'bool' ? 'false' : '';
      equal(component, `default of --${name}`, entry.default ?? zero, flag.default);
    }
  }
  for (const [name, entry] of Object.entries(table)) {
    if (help.has(name) || name === 'h') continue;
    const found = probe(name);
    compared += 1;
    if (!active(entry, minor)) {
      if (found !== 'unknown') differ(component, `--${name} is accepted by ${minor}, data: introduced ${entry.introduced} removed ${entry.removed}`);
    } else if (found === 'unknown') {
      differ(component, `--${name} is unknown to ${minor}, data: introduced ${entry.introduced} removed ${entry.removed}`);
    } else if ((found === 'bool') !== ((at(entry.kinds, minor)?.kind ?? entry.kind) === 'bool')) {
      differ(component, `kind of hidden --${name}: data says ${entry.kind}, parser says ${found}`);
    }
  }
}

function checkSettings(component, settings, help, minor) {
  for (const [key, setting] of Object.entries(settings)) {
    if (!setting.flag) continue;
    const flag = help.get(setting.flag);
    if (!active(setting, minor)) {
      if (flag) differ(component, `${key}: --${setting.flag} exists in ${minor}, data: introduced ${setting.introduced} removed ${setting.removed}`);
      continue;
    }
    if (!flag) continue; // hidden: existence and kind were asked from the parser above
    const entry = at(setting.helpDefaults ?? setting.legacyDefaults ?? setting.defaults, minor);
    if (!entry) {
      differ(component, `${key}: no default for ${minor}`);
      continue;
    }
    equal(component, `setting ${key} (--${setting.flag})`, normal(setting.type, entry.value), normal(setting.type, flag.default));
  }
}

function checkAdmission(help, minor) {
  const data = load('admission-plugins');
  const usage = help.get('enable-admission-plugins').usage.replace(/\n/g, ' ');
  const [, on, known] = /default enabled ones \(([^)]*)\)\. Comma-delimited list of admission plugins: ([^.]*)\./.exec(usage);
  const sorted = (list) => [...list].sort().join(',');
  equal('kube-apiserver', 'admission plugins on by default', sorted(at(data.defaultOn, minor).plugins), sorted(on.split(', ')));
  const expected = Object.entries(data.plugins).filter(([, p]) => active(p, minor));
  equal('kube-apiserver', 'known admission plugins', sorted(expected.map(([n]) => n)), sorted(known.split(', ')));
  const onByPlugin = expected.filter(([, p]) => p.defaultOn && num(p.defaultOn) <= num(minor) && !(p.defaultOff && num(p.defaultOff) <= num(minor)));
  equal('kube-apiserver', 'defaultOn of the plugins', sorted(onByPlugin.map(([n]) => n)), sorted(on.split(', ')));
}

function checkGates(component, helpText, minor) {
  for (const [gate, { components, defaults }] of Object.entries(load('feature-gates').gates)) {
    if (!components.includes(component)) continue;
    const entry = at(defaults, minor);
    const m = new RegExp(`\\b${gate}=true\\|false \\((\\w+) - default=(\\w+)\\)`).exec(helpText);
    const expected = entry && (entry.stage === 'alpha' || entry.stage === 'beta') ? `${entry.stage} ${entry.value}` : 'not listed';
    equal(component, `feature gate ${gate}`, expected, m ? `${m[1].toLowerCase()} ${m[2]}` : 'not listed');
  }
}

const table = load('flags');
for (const component of wanted.length ? wanted : ALL) {
  const file = join(binDir, component);
  if (!existsSync(file)) {
    differ(component, `no binary ${file}`);
    continue;
  }
  const version = run(file, ['--version']).stdout;
  const minor = /(?:Kubernetes v|etcd Version: )(\d+\.\d+)/.exec(version)?.[1];
  if (!minor) {
    differ(component, `cannot read the version from ${JSON.stringify(version)}`);
    continue;
  }
  const before = compared;
  const probe = prober(file, component === 'etcd');
  const { stdout, stderr } = run(file, ['--help']);
  const text = stdout + stderr;
  const help = component === 'etcd' ? parseEtcdHelp(text, probe) : parsePflagHelp(stdout, probe);
  const helpMinor = component === 'etcd' ? table.etcdHelpMinor : table.helpMinor;
  checkFlags(component, table.components[component], help, minor, helpMinor, probe);
  checkSettings(component, load(component).settings, help, minor);
  if (component === 'kube-apiserver') checkAdmission(help, minor);
  if (component !== 'etcd') checkGates(component, text, minor);
  console.log(`${component} ${minor}: ${help.size} flags in --help, ${compared - before} comparisons`);
}
for (const text of differences) console.log(`DIFFERENT ${text}`);
console.log(`${compared} comparisons, ${differences.length} differences`);
process.exitCode = differences.length ? 1 : 0;
