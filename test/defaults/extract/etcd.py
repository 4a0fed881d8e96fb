#!/usr/bin/env python3
"""etcd.py MODCACHE OUT.json: flag registrations of etcd 3.4 to 3.7 (see flags.py)."""
import json, os, sys
sys.path.insert(0, os.path.dirname(__file__))
from flags import scan
VERSIONS = {'3.4': 'etcd@v0.5.0-alpha.5.0.20200910180754-dd1b699fc489', '3.5': 'etcd/server/v3@v3.5.35', '3.6': 'etcd/server/v3@v3.6.16', '3.7': 'etcd/server/v3@v3.7.3'}
out = {}
for v, d in VERSIONS.items():
    out[v] = {}
    for f in ('etcdmain/config.go', 'embed/config.go'):
        for x in scan(os.path.join(sys.argv[1], 'go.etcd.io', d, f)):
            out[v][x['name']] = (x['kind'], x['default'] or x['target'][:60])
json.dump(out, open(sys.argv[2], 'w'))
