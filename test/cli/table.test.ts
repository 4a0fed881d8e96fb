import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { table } from '../../cli/src/formats/table.ts';
import { coloured, plain } from '../../cli/src/text/paint.ts';
import { reportWith, smallFindings, smallReport } from './small-report.ts';

describe('table', () => {
  it('reads like this in 80 columns', () => {
    expect(table(smallReport, { width: 80, paint: plain })).toMatchInlineSnapshot(`
      "Node cp-1 · control-plane, etcd, node · kubeadm · Kubernetes 1.99 (as given)
      CIS Kubernetes Benchmark 1.12 (cis/kubernetes-1.12, nearest)
      ! No document covers Kubernetes 1.99. cis/kubernetes-1.12 (1.32 to 1.34) is the
      nearest; its numbers may not fit.

      1 Control plane components
        FAIL   1.2.1  Anonymous requests to the API server are off      kube-apiserver
                      anonymous-auth is true (default of 1.34), expected false
                      → Set --anonymous-auth=false in the manifest of kube-apiserver.
                        The kubelet restarts the static pod by itself.
        PASS   1.2.15 Profiling endpoint of the API server is off       kube-apiserver
        WARN   1.3.1  Garbage collection of terminated pods fits the cluster
                                                               kube-controller-manager
                      The threshold is 12500; a person decides whether that fits.
                      → Set --terminated-pod-gc-threshold to a value that fits.

      2 etcd
        ERROR  2.7    etcd has a certificate authority of its own                 etcd
                      file-unreadable: /etc/kubernetes/pki/etcd/ca.crt: denied
                      → Create an authority for etcd.

      4 Worker nodes
        N/A    4.1.3  Kubeconfig of kube-proxy is closed to others          kube-proxy
                      no such file; looked for /var/lib/kube-proxy/kubeconfig
        PASS   4.2.1  Anonymous requests to the kubelet are off
                                                               kubelet@kubelet.service
        FAIL   4.2.1  Anonymous requests to the kubelet are off
                                                                kubelet@second.service
                      authentication.anonymous.enabled is true (file
                      /var/lib/kubelet/config.yaml), expected false
                      → Set authentication.anonymous.enabled to false.

                      pass  fail  warn  error  n/a         score       coverage
      Section 1          1     1     1      0    0  50.0 % (1/2)   66.6 % (2/3)
      Section 2          0     0     0      1    0   0.0 % (0/1)    0.0 % (0/1)
      Section 4          0     1     0      0    1   0.0 % (0/1)  100.0 % (1/1)
      All 6 controls     1     2     1      1    1  25.0 % (1/4)   60.0 % (3/5)
      score = pass / (pass + fail + error)   coverage = (pass + fail) / (all but n/a)
      "
    `);
  });

  it.each([80, 160])('keeps every line within %i columns', (width) => {
    for (const line of table(smallReport, { width, paint: plain }).split('\n')) {
      expect([...line].length).toBeLessThanOrEqual(width);
    }
  });

  it('says first that the document is only the nearest', () => {
    const lines = table(smallReport, { width: 120, paint: plain }).split('\n');
    expect(lines[2]).toMatch(/^! No document covers Kubernetes 1\.99/);
  });

  it('has no escape sequence without colours and the same text with them', () => {
    const bare = table(smallReport, { width: 80, paint: plain });
    expect(bare).not.toContain('\u001b');
    const painted = table(smallReport, { width: 80, paint: coloured });
    expect(painted).toContain('\u001b[');
    expect(stripVTControlCharacters(painted)).toBe(bare);
  });

  it('shows control characters and bidi from the node, never obeys them', () => {
    const [fail] = smallFindings;
    if (!fail) throw new Error('no finding');
    const hostile = '\u001b[2J\u202eetc\u0007\u009b31m\nPASS';
    const text = table(reportWith([{ ...fail, message: hostile, subject: `kubelet@${hostile}`, title: hostile }]), {
      width: 120,
      paint: plain,
    });
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(text).toContain('\\u{1b}[2J\\u{202e}etc\\u{7}\\u{9b}31m\\u{a}PASS');
  });
});
