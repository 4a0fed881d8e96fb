/** The style sheet of the start page: one column when narrow, dark when the reader's system is. */
export const style = `:root {
  color-scheme: light dark;
  --ink: #1c2128; --dim: #57606a; --ground: #ffffff; --line: #d0d7de; --raised: #f6f8fa; --link: #0550ae;
  --fail: #a40e26; --error: #7a3d00; --warn: #6a5300; --pass: #116329;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e6edf3; --dim: #9da7b3; --ground: #0d1117; --line: #30363d; --raised: #161b22; --link: #79c0ff;
    --fail: #ff8e87; --error: #ffb36b; --warn: #e3c04d; --pass: #6fd88a;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.5rem; overflow-wrap: anywhere; }
h2 { margin: 2rem 0 0.25rem; font-size: 1.15rem; }
p { margin: 0.25rem 0 0.75rem; color: var(--dim); }
a { color: var(--link); }
nav { font-size: 0.875rem; }
.text { color: var(--ink); max-width: 60rem; }
h2.fail { color: var(--fail); } h2.error { color: var(--error); } h2.warn { color: var(--warn); } h2.pass { color: var(--pass); }
.note { padding: 0.5rem 0.75rem; border-left: 4px solid var(--warn); background: var(--raised); color: var(--ink); }
.note p { margin: 0; color: var(--ink); }
.decided { margin: 0.25rem 0 0; color: var(--ink); font-style: italic; }
.note ul { margin: 0.25rem 0 0; padding-left: 1.25rem; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(7rem, 1fr)); gap: 0.5rem; margin: 0.5rem 0; }
.figures div { padding: 0.5rem 0.75rem; border: 1px solid var(--line); border-radius: 6px; background: var(--raised); }
.figures dt { color: var(--dim); font-size: 0.875rem; }
.figures dd { margin: 0; font-size: 1.5rem; white-space: nowrap; font-variant-numeric: tabular-nums; }
.figures dd.of { font-size: 0.8125rem; color: var(--dim); }
details ul { margin: 0.25rem 0; padding-left: 1.25rem; }
summary { cursor: pointer; color: var(--dim); }
code { overflow-wrap: anywhere; }
td { overflow-wrap: anywhere; min-width: 5rem; }
.nowrap { white-space: nowrap; }
/* A shadow at the edge behind which there is more: the first two layers hide it at the ends. */
.table { overflow-x: auto; background: linear-gradient(90deg, var(--ground) 60%, transparent) 0 0 / 2rem 100% no-repeat local, linear-gradient(-90deg, var(--ground) 60%, transparent) 100% 0 / 2rem 100% no-repeat local, linear-gradient(90deg, var(--line), transparent) 0 0 / 0.75rem 100% no-repeat scroll, linear-gradient(-90deg, var(--line), transparent) 100% 0 / 0.75rem 100% no-repeat scroll; }
.table:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.35rem 0.6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--dim); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 400; min-width: 12rem; overflow-wrap: anywhere; }
.number { min-width: 0; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.fail dd { color: var(--fail); font-weight: 600; }
.error dd { color: var(--error); font-weight: 600; }
.warn dd { color: var(--warn); }
.pass dd { color: var(--pass); }
@media (max-width: 40rem) {
  .figures { grid-template-columns: repeat(auto-fit, minmax(6.25rem, 1fr)); }
  .figures dd { font-size: 1.25rem; }
  .figures dd.of { font-size: 0.75rem; }
  .table { font-size: 0.8125rem; }
  th, td { padding: 0.35rem 0.2rem; }
  tbody th { min-width: 6rem; }
}
`;
