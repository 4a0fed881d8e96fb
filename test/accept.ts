/** `npm run accept`: rewrites the generated pages of docs/. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { controlsPage, factsPage, metricsPage } from './generated.ts';
import { shippedPack } from './pack.ts';

const docs = join(import.meta.dirname, '..', 'docs');
writeFileSync(join(docs, 'controls.md'), controlsPage(shippedPack()));
writeFileSync(join(docs, 'facts.md'), factsPage());
writeFileSync(join(docs, 'metrics.md'), metricsPage());
console.log('docs/controls.md, docs/facts.md and docs/metrics.md are written');
