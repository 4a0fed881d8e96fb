#!/usr/bin/env python3
"""funcs.py MODCACHE module 'glob' regex-of-function-header [line-filter-regex]
Prints each distinct text of the matching Go declarations with the range of minors in which it stands
(comments removed). Used to read constructors and default lists of all minors at once."""
import glob, os, re, sys
sys.path.insert(0, os.path.dirname(__file__))
from flags import strip_comments, trees

def body(s, i):
    d = 0; opened = None
    j = i
    while j < len(s):
        c = s[j]
        if c in '"`':
            k = j + 1
            while s[k] != c:
                if s[k] == '\\' and c != '`': k += 1
                k += 1
            j = k
        elif c in '({[': d += 1
        elif c in ')}]': d -= 1
        elif c == '\n' and d == 0: return s[i:j]
        j += 1
    return s[i:]

def main():
    cache, mod, pat, rx = sys.argv[1:5]
    filt = re.compile(sys.argv[5]) if len(sys.argv) > 5 else None
    t = trees(cache); segs = []
    for minor in sorted(t):
        d = t[minor].get(mod); out = []
        if d:
            for f in sorted(x for p in pat.split(',') for x in glob.glob(os.path.join(d, p), recursive=True)):
                if f.endswith('_test.go') or 'zz_generated' in f: continue
                s = strip_comments(open(f, errors='replace').read())
                for m in re.finditer(rx, s, re.M):
                    b = body(s, m.start())
                    b = '\n'.join(l.rstrip() for l in b.split('\n') if l.strip())
                    if filt: b = '\n'.join(l for l in b.split('\n') if filt.search(l))
                    out.append('[' + os.path.relpath(f, d) + ']\n' + b)
        cur = '\n'.join(out) if d else 'MODULE MISSING'
        key = re.sub(r'\[.*?\]\n|\s+', ' ', cur)
        if not segs or segs[-1][2] != key: segs.append([minor, minor, key, cur])
        segs[-1][1] = minor
    for a, b, _, c in segs: print('#### 1.%d..1.%d\n%s' % (a, b, c))
if __name__ == '__main__': main()
