/** `npm run accept`: rewrites the generated pages of docs/. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { controlsPage, factsPage } from './generated.ts';
import { shippedPack } from './pack.ts';

const docs = join(import.meta.dirname, '..', 'docs');
writeFileSync(join(docs, 'controls.md'), controlsPage(shippedPack()));
writeFileSync(join(docs, 'facts.md'), factsPage());
console.log('docs/controls.md and docs/facts.md are written');
