/** `npm run new control kubelet/x`: a control file and its table of cases, ready to be filled in. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const [kind, name] = process.argv.slice(2);
if (kind !== 'control' || !/^[a-z0-9-]+\/[a-z0-9-]+$/.test(name ?? '')) {
  console.error('usage: npm run new control <topic>/<name>, for instance kubelet/anonymous-auth');
  process.exit(2);
}
const slug = String(name).replace('/', '-');
/** Topics whose controls are judged on the cluster. */
const ofCluster = [
  'admin',
  'audit',
  'cni',
  'default',
  'image',
  'namespace',
  'networkpolicy',
  'pod',
  'policy',
  'psa',
  'rbac',
  'secrets',
  'service-account',
  'users',
];
const cluster = ofCluster.includes(String(name).split('/')[0] ?? '');
create(
  join(root, 'benchmarks/controls', `${name}.yaml`),
  `title: What holds when this control passes
severity: medium
subject: ${cluster ? 'cluster' : 'kubelet'}
why: One or two sentences on what goes wrong without it.
remedy: What to change, what has to be restarted, and what users will notice.
check:
${cluster ? '  survey: unused-namespace\n  with: {namespace: default}' : '  pass: {setting: readOnlyPort, equals: "0"}'}
`,
);
const classes = ['pass', 'fail', 'absent', 'hostile'];
const world = cluster ? 'objects: []' : 'run: {kubelet: {argv: []}}';
const finding = cluster ? 'finding: namespace/default, ' : '';
const cases = classes.map(
  (one) =>
    `  - class: ${one}\n    says: what is special about it\n    minor: "1.34"\n    ${world}\n    expect: {${finding}status: ${one === 'pass' ? 'pass' : 'fail'}}\n`,
);
create(join(root, 'test/cases', `${name}.yaml`), `control: ${slug}\ncases:\n${cases.join('')}`);
console.log(
  `Now add a line for ${slug} to each document of benchmarks/cis, then run: npx vitest run --project unit test/cases -t ${slug}`,
);

function create(path: string, text: string): void {
  if (existsSync(path)) {
    console.error(`${path} exists already`);
    process.exit(2);
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(path);
}
