#!/usr/bin/env python3
"""matrix.py FLAGS.json [component] [regex]: per flag, the ranges of minors with one registration text."""
import json, re, sys
d = json.load(open(sys.argv[1])); only = sys.argv[2] if len(sys.argv) > 2 else None; rx = re.compile(sys.argv[3]) if len(sys.argv) > 3 else None
minors = sorted(d, key=lambda v: int(v.split('.')[1]))
for c in d[minors[0]]:
    if only and c != only: continue
    names = sorted({x['name'] for m in minors for x in d[m][c]})
    for n in names:
        if rx and not rx.search(n): continue
        prev, segs = None, []
        for m in minors:
            xs = [x for x in d[m][c] if x['name'] == n]
            cur = tuple(sorted({(x['kind'], (x['target'] if x['kind'] == 'var' else x['default'])) for x in xs}))
            if cur != prev: segs.append([m, m, cur])
            segs[-1][1] = m; prev = cur
        print(c, n, ' || '.join('%s..%s %s' % (a, b, '; '.join(k + '=' + v.replace('\n', ' ')[:70] for k, v in s) or '-') for a, b, s in segs))
