import { createHash } from "node:crypto";

/** The page's whole style; light or dark as the reader's system is. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #fbfaf7; --card: #ffffff; --text: #1c2620; --quiet: #56635b; --line: #dcdfd8;
  --accent: #1c6a45; --soon: #9a3412; --soon-back: #fdeadd; --near: #7a5200; --near-back: #fbf1d5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #121613; --card: #1a201c; --text: #e7ece8; --quiet: #a5b1a9; --line: #303a33;
    --accent: #85d3a5; --soon: #ffb48c; --soon-back: #43261a; --near: #f0cf7a; --near-back: #383018;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
.wide { max-width: 76rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.01em; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 .25rem; }
p { margin: 0 0 .75rem; max-width: 46rem; }
.quiet { color: var(--quiet); font-size: .92rem; }
a { color: var(--accent); text-underline-offset: .15em; }
a:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
ul.links { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0 0 1rem; padding: 0; font-size: .92rem; }
section { margin-top: 2.5rem; }
table { width: 100%; border-collapse: collapse; margin-top: .75rem; background: var(--card); border: 1px solid var(--line); }
caption { text-align: left; color: var(--quiet); font-size: .92rem; padding: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .6rem .8rem; border-top: 1px solid var(--line); font-size: .92rem; overflow-wrap: anywhere; }
thead th { font-size: .8rem; color: var(--quiet); font-weight: 600; border-top: 0; }
tbody th { font-weight: 600; width: 27%; }
thead th { white-space: nowrap; }
tbody th span { display: block; }
tbody th small { color: var(--quiet); font-weight: 400; font-size: .85em; }
td.days { width: 19%; }
td p { margin: 0; }
td p + p { margin-top: .35rem; }
td time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.left { display: inline-block; white-space: nowrap; border-radius: 1rem; padding: .05rem .6rem; font-size: .82rem; border: 1px solid var(--line); color: var(--quiet); }
.left.soon { color: var(--soon); background: var(--soon-back); border-color: transparent; font-weight: 600; }
.left.near { color: var(--near); background: var(--near-back); border-color: transparent; }
:target { outline: 3px solid var(--accent); outline-offset: 2px; }
details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--accent); }
@media (max-width: 44rem) {
  .wide { padding: 1.25rem .9rem 3rem; }
  table, tbody, tr, th, td { display: block; width: auto; }
  table { border: 0; background: none; margin-top: 0; }
  caption { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody th, td.days { width: auto; }
  tbody tr { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; margin-bottom: .75rem; padding: .35rem 0; }
  th, td { border: 0; padding: .3rem .8rem; }
  td[data-label]::before { content: attr(data-label); display: block; color: var(--quiet); font-size: .78rem; }
  td.empty { display: none; }
}
`;

const hash = createHash("sha256").update(style).digest("base64");

/** Nothing is loaded, nothing runs, nobody frames it; this style alone. */
export const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
