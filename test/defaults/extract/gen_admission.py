#!/usr/bin/env python3
"""gen_admission.py ADMISSION.json OUT.yaml (input from admission.py)"""
import json, sys
d = json.load(open(sys.argv[1])); ms = sorted(d, key=lambda v: int(v.split('.')[1]))
# plugins that are in the default-on set but do nothing until their feature gate is on: first minor in which the gate is on by default
GATED = {'PodSecurity': ('PodSecurity', '1.23'), 'ValidatingAdmissionPolicy': ('ValidatingAdmissionPolicy', '1.30'), 'MutatingAdmissionPolicy': ('MutatingAdmissionPolicy', '1.36'),
         'ClusterTrustBundleAttest': ('ClusterTrustBundle', '1.37'), 'PodTopologyLabels': ('PodTopologyLabelsAdmission', '1.35'), 'NodeDeclaredFeatureValidator': ('NodeDeclaredFeatures', '1.36'),
         # on by default in no minor up to 1.37
         'PodGroupProtection': ('GenericWorkload', None), 'PodGroupWorkloadExists': ('GenericWorkload', None), 'JobValidation': ('GenericWorkload', None),
         'SecurityContextDeny': ('SecurityContextDeny', '')}
L = ['# Admission plugins of kube-apiserver 1.15 to 1.37, read from pkg/kubeapiserver/options/plugins.go (AllOrderedPlugins,',
     '# DefaultOffAdmissionPlugins); see test/defaults/README.md. Effective set = defaultOn + enable-admission-plugins - disable-admission-plugins;',
     '# with --admission-control the given list alone.',
     'component: kube-apiserver', 'source: "k8s.io/kubernetes pkg/kubeapiserver/options/plugins.go, plugin/pkg/admission/**, k8s.io/apiserver pkg/admission/plugin/**"', 'defaultOn:']
prev = None
for m in ms:
    on = sorted(d[m]['on'])
    if on != prev:
        L += ['  - since: "%s"' % m, '    plugins: [%s]' % ', '.join(on)]; prev = on
L += ['# gate: the plugin is in the list but has no effect while this feature gate is off; effective = first minor with the gate on by default (none: not up to 1.37)', 'plugins:']
for p in sorted({p for m in ms for p in d[m]['known']}):
    k = [m for m in ms if p in d[m]['known']]; o = [m for m in ms if p in d[m]['on']]
    assert k == ms[ms.index(k[0]):ms.index(k[-1]) + 1] and (not o or o == ms[ms.index(o[0]):ms.index(o[-1]) + 1])
    x = []
    if k[0] != ms[0]: x.append('introduced: "%s"' % k[0])
    if k[-1] != ms[-1]: x.append('removed: "%s"' % ms[ms.index(k[-1]) + 1])
    if o:
        x.append('defaultOn: "%s"' % o[0])
        if o[-1] != k[-1]: x.append('defaultOff: "%s"' % ms[ms.index(o[-1]) + 1])
    if p in GATED:
        x.append('gate: ' + GATED[p][0])
        if GATED[p][1]: x.append('effective: "%s"' % GATED[p][1])
        elif GATED[p][1] == '': x.append('gateSince: "1.27"')
    L.append('  %s: {%s}' % (p, ', '.join(x)))
open(sys.argv[2], 'w').write('\n'.join(L) + '\n')
