#!/usr/bin/env python3
"""admission.py MODCACHE: known and default-on admission plugins of every minor, as JSON.
Reads pkg/kubeapiserver/options/plugins.go and resolves alias.PluginName through its imports."""
import glob, json, os, re, sys
sys.path.insert(0, os.path.dirname(__file__))
from flags import strip_comments, trees
from funcs import body
GATED = {'features.PodPriority': True, 'features.TaintNodesByCondition': True, 'features.RuntimeClass': True}

def main():
    res = {}
    for minor, mods in sorted(trees(sys.argv[1]).items()):
        k8s = mods['kubernetes']; s = strip_comments(open(k8s + '/pkg/kubeapiserver/options/plugins.go').read())
        imports = {}
        for a, p in re.findall(r'^\s*(?:(\w+)\s+)?"([\w./-]+)"', s, re.M): imports[a or p.split('/')[-1]] = p
        def name(ref):
            alias, const = ref.split('.'); p = imports[alias]
            if p.startswith('k8s.io/kubernetes/'): d = k8s + p[len('k8s.io/kubernetes'):]
            else: d = mods['apiserver'] + p[len('k8s.io/apiserver'):]
            for f in glob.glob(d + '/*.go'):
                m = re.search(r'\b' + const + r'\s*=\s*"(\w+)"', open(f).read())
                if m: return m.group(1)
            raise SystemExit('1.%d: %s not found in %s' % (minor, ref, d))
        m = re.search(r'^var AllOrderedPlugins', s, re.M)
        order = [name(r) for r in re.findall(r'^\s*(\w+\.\w+),', body(s, m.start()), re.M)]
        m = re.search(r'^func DefaultOffAdmissionPlugins', s, re.M); b = body(s, m.start())
        on = [name(r) for r in re.findall(r'^\s*(\w+\.\w+),', b, re.M)]
        for gate, ref in re.findall(r'Enabled\((features\.\w+)\) \{\s*defaultOnPlugins\.Insert\((\w+\.\w+)\)', b):
            assert GATED[gate]; on.append(name(ref))
        m = re.search(r'^func RegisterAllAdmissionPlugins', s, re.M)
        res['1.%d' % minor] = dict(known=order, on=sorted(on), registered=len(re.findall(r'\.Register\(', body(s, m.start()))))
    json.dump(res, sys.stdout, indent=0)
if __name__ == '__main__': main()
