#!/usr/bin/env python3
"""Extract flag registrations of the Kubernetes components from Go source.

usage: flags.py MODCACHE OUT.json
MODCACHE/k8s.io/kubernetes@v1.N.P and the staging modules k8s.io/X@v0.N.P must be unpacked
there (see fetch.sh). Nothing is compiled: calls such as
    fs.StringVar(&o.X, "flag-name", o.X, "help")
are found textually, split into arguments, and recorded with method (= kind), source text of the
default, file and line. Values are looked up by probes.py.
"""
import glob, json, os, re, sys

KIND = {
    'Bool': 'bool', 'String': 'value', 'Int': 'value', 'Int32': 'value', 'Int64': 'value', 'Uint': 'value',
    'Uint8': 'value', 'Uint16': 'value', 'Uint32': 'value', 'Uint64': 'value',
    'Float32': 'value', 'Float64': 'value', 'Duration': 'value', 'IP': 'value', 'IPNet': 'value', 'IPMask': 'value',
    'StringSlice': 'slice', 'IntSlice': 'slice', 'Int32Slice': 'slice', 'DurationSlice': 'slice', 'BoolSlice': 'slice', 'IPSlice': 'slice',
    'StringArray': 'array', 'StringToString': 'map', 'StringToInt': 'map', 'Count': 'count', 'Var': 'var', 'VarPF': 'var',
}
CALL = re.compile(r'(?<![\w.])((?:[\w]+\.)*\w+)\.(' + '|'.join(sorted((k for k in KIND if k not in ('Var', 'VarPF')), key=len, reverse=True)) + r'|)(Var)?(PF|P)?\(')
FUNC = re.compile(r'^func\s*(?:\(\s*\w*\s*\*?([\w.]+)\s*\)\s*)?(\w+)\s*\(', re.M)


def strip_comments(s):
    out, i, n = [], 0, len(s)
    while i < n:
        c = s[i]
        if c in '"`\'':
            j = i + 1
            while j < n and s[j] != c:
                if s[j] == '\\' and c != '`':
                    j += 1
                j += 1
            out.append(s[i:j + 1]); i = j + 1
        elif s.startswith('//', i):
            j = s.find('\n', i); j = n if j < 0 else j
            i = j
        elif s.startswith('/*', i):
            j = s.find('*/', i) + 2
            out.append('\n' * s.count('\n', i, j)); i = j
        else:
            out.append(c); i += 1
    return ''.join(out)


def args_at(s, i):
    """arguments of the call whose '(' is at i-1"""
    depth, start, args = 1, i, []
    while i < len(s):
        c = s[i]
        if c in '"`\'':
            j = i + 1
            while s[j] != c:
                if s[j] == '\\' and c != '`':
                    j += 1
                j += 1
            i = j
        elif c in '([{':
            depth += 1
        elif c in ')]}':
            depth -= 1
            if depth == 0:
                args.append(s[start:i].strip()); return args
        elif c == ',' and depth == 1:
            args.append(s[start:i].strip()); start = i + 1
        i += 1
    return args


def scan(path):
    raw = open(path, encoding='utf-8', errors='replace').read()
    s = strip_comments(raw)
    funcs = [(m.start(), (m.group(1) or ''), m.group(2)) for m in FUNC.finditer(s)]
    consts = dict(re.findall(r'^\s*(?:const\s+)?(\w+)\s*=\s*"([^"]*)"', s, re.M))
    consts.update(re.findall(r'(?<!\w)(\w+)\s*:=\s*"([^"]*)"', s))
    res = []
    for m in CALL.finditer(s):
        typ, isvar, p = m.group(2), m.group(3), m.group(4)
        if not typ and not isvar:
            continue
        a = args_at(s, m.end())
        idx = 1 if isvar else 0
        want = idx + 2 + (1 if p and p != 'PF' else 0)
        if typ == '' and isvar:
            want = 3
        if typ and len(a) < want:
            continue
        if len(a) <= idx:
            continue
        nm = a[idx]
        pm = re.match(r'^(?:(\w+)\s*\+\s*)?"([^"]*)"$', nm)
        if pm:
            name = pm.group(2) if not pm.group(1) else (consts.get(pm.group(1), '<' + pm.group(1) + '>') + pm.group(2))
        elif re.match(r'^[\w.]+$', nm):
            name = consts.get(nm.split('.')[-1], '<' + nm + '>')
        else:
            continue
        if not re.match(r'^[<>A-Za-z0-9_.-]+$', name):
            continue
        if typ in ('Bool', 'String', 'Int', 'Int32', 'Int64') and not isvar and m.group(1).split('.')[-1] not in ('fs', 'flag', 'pflag', 'flags', 'flagset', 'FlagSet', 'fss', 'CommandLine', 'local'):
            continue
        f = [x for x in funcs if x[0] < m.start()]
        fn = f[-1] if f else (0, '', '')
        dflt = ''
        if typ:
            d = idx + 1 + (1 if p and p != 'PF' else 0)
            dflt = a[d] if d < len(a) else ''
        res.append(dict(name=name, kind=KIND[typ] if typ else 'var', target=a[0] if isvar else '', default=dflt,
                        func=(fn[1] + '.' if fn[1] else '') + fn[2], line=s.count('\n', 0, m.start()) + 1))
    return res


COMPONENTS = {
    'kube-apiserver': [
        ('kubernetes', 'cmd/kube-apiserver/app/options/*.go', None), ('kubernetes', 'pkg/controlplane/apiserver/options/*.go', None),
        ('kubernetes', 'pkg/kubeapiserver/options/*.go', None), ('kubernetes', 'pkg/kubeapiserver/server/*.go', None),
        ('apiserver', 'pkg/server/options/*.go', r'^(?!DelegatingAuth|RecommendedOptions)'),
        ('apiserver', 'pkg/server/options/encryptionconfig/*.go', None),
        ('apiserver', 'pkg/util/feature/*.go', None)],
    'kube-controller-manager': [
        ('kubernetes', 'cmd/kube-controller-manager/app/options/*.go', None), ('kubernetes', 'cmd/controller-manager/app/options/*.go', None),
        ('controller-manager', 'options/*.go', None), ('cloud-provider', 'options/*.go', r'^(?!.*(CloudController|NodeController.*Cloud))'),
        ('apiserver', 'pkg/server/options/serving*.go', None), ('apiserver', 'pkg/server/options/deprecated_insecure*.go', None),
        ('apiserver', 'pkg/server/options/authentication.go', r'^(Delegating|RequestHeader|ClientCert)'), ('apiserver', 'pkg/server/options/authorization.go', None)],
    'kube-scheduler': [
        ('kubernetes', 'cmd/kube-scheduler/app/options/*.go', None),
        ('apiserver', 'pkg/server/options/serving*.go', None), ('apiserver', 'pkg/server/options/deprecated_insecure*.go', None),
        ('apiserver', 'pkg/server/options/authentication.go', r'^(Delegating|RequestHeader|ClientCert)'), ('apiserver', 'pkg/server/options/authorization.go', None)],
    'kubelet': [('kubernetes', 'cmd/kubelet/app/options/*.go', None), ('kubernetes', 'pkg/kubelet/config/flags.go', None)],
    'kube-proxy': [('kubernetes', 'cmd/kube-proxy/app/*.go', None)],
    'common': [('component-base', 'logs/**/*.go', None), ('component-base', 'metrics/*.go', None), ('component-base', 'cli/globalflag/*.go', None),
               ('component-base', 'version/verflag/*.go', None), ('component-base', 'config/options/*.go', None), ('component-base', 'featuregate/*.go', None),
               ('component-base', 'compatibility/*.go', None), ('component-base', 'version/*.go', None)],
}


def trees(modcache):
    res = {}
    for d in glob.glob(os.path.join(modcache, 'k8s.io', '*@v*')):
        mod, ver = os.path.basename(d).split('@v')
        p = ver.split('.')
        if '-' in ver:
            continue
        res.setdefault(int(p[1]), {})[mod] = d
    return {k: v for k, v in res.items() if 'kubernetes' in v}


def main():
    cache, out = sys.argv[1:3]
    result = {}
    for minor, mods in sorted(trees(cache).items()):
        r = result['1.%d' % minor] = {}
        for comp, sources in COMPONENTS.items():
            flags = r.setdefault(comp, [])
            for mod, pat, recv in sources:
                if mod not in mods:
                    # old trees keep the staging modules inside the repository
                    continue
                for f in sorted(glob.glob(os.path.join(mods[mod], pat), recursive=True)):
                    if f.endswith('_test.go') or 'windows' in os.path.basename(f) or '/testing/' in f:
                        continue
                    for x in scan(f):
                        if recv and not re.match(recv, x['func']):
                            continue
                        x['file'] = mod + '/' + os.path.relpath(f, mods[mod])
                        flags.append(x)
    json.dump(result, open(out, 'w'), indent=0)
    for k, v in result.items():
        print(k, {c: len(x) for c, x in v.items()})


if __name__ == '__main__':
    main()
