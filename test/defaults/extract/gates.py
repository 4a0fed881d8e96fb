#!/usr/bin/env python3
"""gates.py MODCACHE GATE...: feature gate entries of every minor (kubernetes and apiserver kube_features.go)."""
import glob, os, re, sys
sys.path.insert(0, os.path.dirname(__file__))
from flags import strip_comments, trees
def main():
    t = trees(sys.argv[1])
    for g in sys.argv[2:]:
        prev = None
        for minor in sorted(t):
            out = []
            for mod in ('kubernetes', 'apiserver'):
                d = t[minor].get(mod)
                for f in glob.glob((d or '/x') + '/pkg/features/*.go'):
                    if f.endswith('_test.go'): continue
                    s = strip_comments(open(f).read())
                    for m in re.finditer(r'^\t(?:\w+\.)?' + g + r':\s*\{', s, re.M):
                        i = j = m.end(); depth = 1
                        while depth:
                            depth += {'{': 1, '}': -1}.get(s[j], 0); j += 1
                        x = re.sub(r'\s+', ' ', s[i:j - 1])
                        if re.search(r'Default|Version', x): out.append(x.strip())
            cur = ' & '.join(sorted(set(out))) or 'none'
            if cur != prev: print('%s 1.%d: %s' % (g, minor, cur)); prev = cur
if __name__ == '__main__': main()
