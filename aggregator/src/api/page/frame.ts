import { type Html, html } from './html.ts';

/** One page: `lead` stands below the heading; `back` leads to the start page. */
export interface Frame {
  readonly title: string;
  readonly lead: Html;
  readonly main: readonly (Html | string)[];
  /** Path of the same as JSON. */
  readonly json: string;
  readonly back: boolean;
}

/** A whole page, without script or style of its own. */
export function frame({ title, lead, main, json, back }: Frame): string {
  const parts = main.filter((one) => typeof one !== 'string');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="/page.css">
</head>
<body>
<header>${back ? html`<nav aria-label="Way back"><a href="/">Overview</a></nav>` : ''}<h1>${title}</h1><p>${lead}</p></header>
<main>
${parts}
</main>
<footer><p><a href="${json}">This page as JSON</a> · <a href="/docs">API</a></p></footer>
</body>
</html>
`.text;
}
