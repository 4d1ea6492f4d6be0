/** Styles of an exported notebook, beside those of every page with pictures. */
export const PAGE_STYLES = `
:root { --jp-ui-font-color1: var(--ink); --jp-border-color2: var(--faint); --jp-ui-font-family: system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
body > header, body > main { max-width: 76rem; margin: 0 auto; padding: 0 1.25rem; }
body > header { padding-top: 1.5rem; color: var(--muted); font-size: .875rem; border-bottom: 1px solid var(--faint); padding-bottom: .75rem; }
body > header h1 { color: var(--ink); font-size: 1.6rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
body > header p { margin: .15rem 0; overflow-wrap: anywhere; }
body > main { padding-bottom: 4rem; }
.cell { margin: 1.1rem 0; min-width: 0; }
.text > * { max-width: 48rem; }
.text > pre, .text > table { max-width: 100%; }
.text img, .html img { max-width: 100%; height: auto; }
a { color: var(--link); }
h1, h2, h3, h4 { line-height: 1.25; overflow-wrap: anywhere; }
pre { margin: .4rem 0; padding: .7rem .85rem; overflow-x: auto; border-radius: 6px; font: 13px/1.55 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .9em; }
pre code { font-size: inherit; }
.code, .text pre { background: var(--soft); }
.folded > summary { width: fit-content; color: var(--muted); font-size: .8125rem; cursor: pointer; }
.stdout, .stderr, .error, .value { padding: .2rem .85rem; }
.error { border-left: 3px solid #c2410c; border-radius: 0; }
.stderr { border-left: 3px solid var(--faint); border-radius: 0; }
.note { color: var(--muted); font-size: .8125rem; margin: .3rem 0; }
.html { overflow-x: auto; }
.picture[data-live] { border: 1px solid var(--faint); border-radius: 8px; margin: .5rem 0; }
.picture > p { padding: 0 1rem; color: var(--muted); font-size: .8125rem; }
table { border-collapse: collapse; font-size: .875rem; }
.text table, .html table { display: block; overflow-x: auto; }
.text th, .text td, .html th, .html td { border: 1px solid var(--faint); padding: .25rem .6rem; text-align: left; }
.tok-comment { color: #57606a; font-style: italic; }
.tok-keyword { color: #9a2050; }
.tok-string { color: #0a4a86; }
.tok-number { color: #0b5cad; }
.tok-type { color: #7a3e00; }
.ansi-black { color: #1f2328; } .ansi-red { color: #b42318; } .ansi-green { color: #116329; } .ansi-yellow { color: #7d4e00; }
.ansi-blue { color: #0b5cad; } .ansi-magenta { color: #8250df; } .ansi-cyan { color: #1b6b75; } .ansi-white { color: #57606a; }
.ansi-bold { font-weight: 700; }
@media (prefers-color-scheme: dark) {
  .tok-comment { color: #9aa4b0; } .tok-keyword { color: #ff9db5; } .tok-string { color: #a5d0ff; } .tok-number { color: #86c1ff; } .tok-type { color: #ffbe85; }
  .ansi-black { color: #b6bec8; } .ansi-red { color: #ff9a8f; } .ansi-green { color: #7fd694; } .ansi-yellow { color: #e6c26a; }
  .ansi-blue { color: #86c1ff; } .ansi-magenta { color: #d2b4ff; } .ansi-cyan { color: #7ddbe6; } .ansi-white { color: #e4e7eb; }
}
@media print {
  .cell, .picture { break-inside: avoid; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  body > header, body > main { max-width: none; }
}`;
