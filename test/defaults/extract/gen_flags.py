#!/usr/bin/env python3
"""gen_flags.py BINDIR FLAGS.json ETCD.json OUT.yaml [MINOR]
Writes benchmarks/defaults/flags.yaml: flags and their kinds from the real --help of the binaries in BINDIR,
plus flags of other minors as extracted by flags.py."""
import json, os, re, subprocess, sys
K8S = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy']
# pflag type word printed by --help -> kind
TYPES = {'strings': 'slice', 'ints': 'slice', 'stringArray': 'array', 'namedCertKey': 'array', 'reserved-memory': 'array', 'mapStringBool': 'map', 'mapStringString': 'map',
         'stringToString': 'map', 'colonSeparatedMultimapStringString': 'map', 'count': 'count', 'pattern=N,...': 'slice',
         'RuntimeDefault': 'bool'}  # --seccomp-default: a word in backquotes of the usage replaces the (empty) type
VALUE = {'string', 'int', 'int32', 'int64', 'uint', 'float', 'float32', 'duration', 'ip', 'ipport', 'quantity', 'Level', 'portRange', 'LocalMode', 'ProxyMode', '[]v1.Taint'}
NOSPLIT = {'oidc-required-claim', 'cpu-manager-policy-options'}
SEP = {'eviction-hard': '<', 'eviction-soft': '<', 'manifest-url-header': ':'}
LINE = re.compile(r'^\s{2,6}(?:-(\w), )?--([A-Za-z0-9_.-]+)(?: ([^\s\[]\S*|\[\]\S+))?(\[=[^\]]*\])?(?:\s{2,}(.*)|\s*)$')


def parse_help(text):
    res = {}
    cur = None
    for l in text.split('\n'):
        m = LINE.match(l)
        if m:
            typ, opt = m.group(3), m.group(4)
            if typ and '[=' in typ:
                typ, opt = typ.split('[=')[0], '[='
            kind = 'bool' if (not typ or opt) else TYPES.get(typ) or ('value' if typ in VALUE else None)
            if kind is None:
                raise SystemExit('unknown type word %r of --%s' % (typ, m.group(2)))
            cur = res[m.group(2)] = dict(kind=kind, text=m.group(5) or '')
        elif cur is not None:
            if l.strip() and l.startswith('      '):
                cur['text'] += '\n' + l.strip()
            else:
                cur = None
    for f in res.values():
        t = re.sub(r'\s*\(DEPRECATED:.*', '', f.pop('text'), flags=re.S)
        m = re.search(r'\(default (.*)\)\s*$', t, re.S)
        d = m.group(1) if m else ''
        if d.startswith('"') and d.endswith('"'):
            d = d[1:-1]
        if f['kind'] in ('slice', 'array') and d.startswith('[') and d.endswith(']'):
            d = d[1:-1]
        if f['kind'] == 'bool' and d == '':
            d = 'false'
        f['default'] = d
    return res


def parse_etcd_help(text):
    res = {}
    for m in re.finditer(r"^  --([a-z0-9-]+)(?: (?:'([^']*)'|(\S+)))?.*$", text, re.M):
        res[m.group(1)] = m.group(2) or m.group(3) or ''
    return res


KLOG = {'add-dir-header': 'bool', 'alsologtostderr': 'bool', 'log-backtrace-at': 'value', 'log-dir': 'value', 'log-file': 'value', 'log-file-max-size': 'value',
        'logtostderr': 'bool', 'one-output': 'bool', 'skip-headers': 'bool', 'skip-log-headers': 'bool', 'stderrthreshold': 'value'}
# flags that libraries register globally, re-registered by name per component: kinds by hand (cadvisor, cloud provider sources), ranges by
# reading cmd/kubelet/app/options/globalflags_{linux,providers}.go and cmd/kube-{apiserver,controller-manager}/app/**/{globalflags,flags}_providers.go
GLOBAL = {
    'kubelet': {
        **{n: (k, None, '1.24') for n, k in {'docker': 'value', 'docker-env-metadata-whitelist': 'value', 'docker-only': 'bool', 'docker-root': 'value', 'docker-tls': 'bool',
                                             'docker-tls-ca': 'value', 'docker-tls-cert': 'value', 'docker-tls-key': 'value'}.items()},
        'azure-container-registry-config': ('value', None, '1.30'),
        'containerd-namespace': ('value', '1.20', '1.37'),
        **{n: (k, None, '1.37') for n, k in {'application-metrics-count-limit': 'value', 'boot-id-file': 'value', 'container-hints': 'value', 'containerd': 'value', 'enable-load-reader': 'bool',
                                             'event-storage-age-limit': 'value', 'event-storage-event-limit': 'value', 'global-housekeeping-interval': 'value', 'log-cadvisor-usage': 'bool',
                                             'machine-id-file': 'value', 'storage-driver-user': 'value', 'storage-driver-password': 'value', 'storage-driver-host': 'value',
                                             'storage-driver-db': 'value', 'storage-driver-table': 'value', 'storage-driver-secure': 'bool', 'storage-driver-buffer-duration': 'value'}.items()}},
    'kube-apiserver': {'cloud-provider-gce-lb-src-cidrs': ('value', None, '1.31'), 'cloud-provider-gce-l7lb-src-cidrs': ('value', '1.17', '1.31')},
    'kube-controller-manager': {'cloud-provider-gce-lb-src-cidrs': ('value', None, '1.31'), 'cloud-provider-gce-l7lb-src-cidrs': ('value', '1.17', '1.31')},
}
# registrations that exist in the library but were not wired into the component in these minors
NOT_WIRED = {'kube-apiserver': (('address', 'port', 'insecure-port', 'insecure-bind-address'), 24), 'kube-controller-manager': (('address', 'port'), 24), 'kube-scheduler': (('address', 'port'), 24)}
NEVER = {('kube-apiserver', 'kubeconfig'), ('kube-controller-manager', 'concurrent-node-syncs'), ('kube-controller-manager', 'insecure-port'), ('kube-controller-manager', 'insecure-bind-address'), ('kube-scheduler', 'insecure-port'), ('kube-scheduler', 'insecure-bind-address')}
VARKIND = [('NewMapStringStringNoSplit', 'map'), ('Langle', 'map'), ('ColonSeparatedMultimap', 'map'), ('NewMapString', 'map'), ('ConfigurationMap', 'map'), ('RuntimeConfig', 'map'), ('bindableNodeLabels', 'map'),
           ('NamedCertKeyArray', 'array'), ('ReservedMemory', 'array'), ('IPVar', 'value'), ('IPPortVar', 'value'), ('PortRange', 'value'), ('Mode', 'value'), ('Taint', 'value'), ('DynamicConfigDir', 'value'), ('feature', 'map')]


def main():
    bindir, fj, ej, out = sys.argv[1:5]
    minor = sys.argv[5] if len(sys.argv) > 5 else '1.34'
    src = json.load(open(fj)); minors = sorted(src, key=lambda v: int(v.split('.')[1]))
    lines = ['# Command line flags of every component and their kind: how a parser must read them.',
             '#   bool   no value is consumed by `--f v`; only --f, --f=v      value  scalar, the last occurrence wins',
             '#   slice  repeats append, commas split                           array  repeats append, no split',
             '#   map    repeats merge key by key (later wins); pairs split at commas unless split: false; sep: separator of key and value if not =',
             '#   count  number of occurrences',
             '# default: what --help of %s prints (bool: false when nothing is printed); absent = nothing printed (zero value) or not in that minor.' % minor,
             '# hidden: registered but not printed by --help. introduced/removed: first minor with/without the flag (1.15 to 1.37 looked at, etcd 3.4 to 3.7).',
             '# Kubernetes components: pflag, names with _ equal names with -. etcd: Go flag package, -f and --f are the same.',
             '# Generated by test/defaults/extract/gen_flags.py', 'helpMinor: "%s"' % minor, 'etcdHelpMinor: "%s"' % re.search(r'etcd Version: (\d+\.\d+)', subprocess.run([os.path.join(bindir, 'etcd'), '--version'], capture_output=True, text=True).stdout).group(1), 'parser: {default: pflag, etcd: goflag}', 'components:']
    for comp in K8S:
        txt = subprocess.run([os.path.join(bindir, comp), '--help'], capture_output=True, text=True).stdout
        h = parse_help(txt)
        seen = {}
        for v in minors:
            mi = int(v.split('.')[1])
            pool = src[v][comp] + ([x for x in src[v]['common'] if x['name'] in ('show-hidden-metrics-for-version', 'disabled-metrics', 'allow-metric-labels', 'allow-metric-labels-manifest', 'logging-format', 'log-flush-frequency', 'experimental-logging-sanitization', 'log-json-info-buffer-size', 'log-json-split-stream', 'log-text-info-buffer-size', 'log-text-split-stream', 'v', 'vmodule', 'help')] if comp != 'x' else [])
            for x in pool:
                n = x['name'].replace('_', '-')
                if n.startswith('<') or (comp, n) in NEVER or comp == 'kube-controller-manager' and n.startswith('webhook'): continue
                if comp in NOT_WIRED and n in NOT_WIRED[comp][0] and mi >= NOT_WIRED[comp][1]: continue
                if comp == 'kubelet' and x in src[v]['common'] and n in ('show-hidden-metrics-for-version', 'disabled-metrics', 'allow-metric-labels', 'allow-metric-labels-manifest'): continue
                if comp == 'kube-proxy' and x in src[v]['common'] and n in ('disabled-metrics', 'allow-metric-labels', 'allow-metric-labels-manifest'): continue
                k = x['kind']
                if k == 'var':
                    k = next((kk for pat, kk in VARKIND if pat in x['target']), 'value')
                seen.setdefault(n, {})[mi] = k
            if comp == 'kube-apiserver' and 20 <= mi < 24:
                for n in NOT_WIRED[comp][0]: seen.setdefault(n, {})[mi] = 'value'
        flags = {}
        for n, ks in seen.items():
            f = flags[n] = {}
            kinds = [ks[m] for m in sorted(ks)]
            f['kind'] = kinds[-1]
            chg = [(m, ks[m]) for i, m in enumerate(sorted(ks)) if i and ks[m] != kinds[i - 1]]
            if chg: f['kinds'] = [('1.%d' % min(ks), kinds[0])] + [('1.%d' % m, k) for m, k in chg]
            lo, hi = min(ks), max(ks)
            if lo > 15: f['introduced'] = '1.%d' % lo
            if hi < 37: f['removed'] = '1.%d' % (hi + 1)
        for n, k in KLOG.items():
            flags.setdefault(n, dict(kind=k, removed='1.26'))
        for n, (k, lo, hi) in GLOBAL.get(comp, {}).items():
            flags[n] = dict(kind=k, removed=hi, **({'introduced': lo} if lo else {}))
        cur = int(minor.split('.')[1])
        for n, x in h.items():
            f = flags.setdefault(n, {})
            if f.get('kind') and f['kind'] != x['kind']:
                print('kind differs: %s --%s source %s help %s' % (comp, n, f['kind'], x['kind']), file=sys.stderr)
                f.pop('kinds', None)
            f['kind'] = x['kind']; f['default'] = x['default']
            lo, hi = f.get('introduced'), f.get('removed')
            if lo and int(lo[2:]) > cur or hi and int(hi[2:]) <= cur:
                print('range wrong: %s --%s %s %s' % (comp, n, lo, hi), file=sys.stderr); f.pop('introduced', None); f.pop('removed', None)
        for n, f in flags.items():
            lo, hi = int(f.get('introduced', '1.15')[2:]), int(f.get('removed', '1.99')[2:])
            if n not in h and lo <= cur < hi:
                f['hidden'] = 'true'
            if n in NOSPLIT: f['split'] = 'false'
            if n in SEP: f['sep'] = SEP[n]
        write(lines, comp, flags)
    ej = json.load(open(ej)); vs = sorted(ej); flags = {}
    eh = parse_etcd_help(subprocess.run([os.path.join(bindir, 'etcd'), '--help'], capture_output=True, text=True).stdout)
    def ekind(kd):
        k, t = kd
        # URL and string set values replace the earlier ones on every Set (etcd pkg/flags), so the last occurrence wins
        return k if k != 'var' else ('map' if 'AddFlag' in t else 'value')
    for v in vs:
        for n, kd in ej[v].items():
            if n.startswith('<'): continue
            flags.setdefault(n, {}).setdefault('m', {})[v] = ekind(kd)
    flags.setdefault('feature-gates', {'m': {'3.6': 'map', '3.7': 'map'}})
    for n, f in flags.items():
        m = f.pop('m'); f['kind'] = m[max(m)]
        if min(m) > vs[0]: f['introduced'] = min(m)
        if max(m) < vs[-1]: f['removed'] = vs[vs.index(max(m)) + 1]
        if n in eh: f['default'] = eh[n]
    missing = set(eh) - set(flags) - {'config-file'}
    if missing: print('etcd help has unknown flags', missing, file=sys.stderr)
    write(lines, 'etcd', flags)
    open(out, 'w').write('\n'.join(lines) + '\n')


def write(lines, comp, flags):
    lines.append('  %s:' % comp)
    for n in sorted(flags):
        f = flags[n]
        parts = ['kind: ' + f['kind']]
        if 'default' in f and f['default'] != '': parts.append('default: ' + json.dumps(f['default'], ensure_ascii=False))
        for k in ('introduced', 'removed'):
            if k in f: parts.append('%s: "%s"' % (k, f[k]))
        for k in ('hidden', 'split'):
            if k in f: parts.append('%s: %s' % (k, f[k]))
        if 'sep' in f: parts.append('sep: "%s"' % f['sep'])
        if 'kinds' in f: parts.append('kinds: [%s]' % ', '.join('{since: "%s", kind: %s}' % x for x in f['kinds']))
        lines.append('    %s: {%s}' % (n, ', '.join(parts)))


if __name__ == '__main__':
    main()
