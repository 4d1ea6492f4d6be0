/** Style rules of the site, behind those of notebooks, whose colours and code its pages have. */
export const SITE_STYLES = `
html { scroll-padding-top: 4rem; }
body { overflow-wrap: break-word; }
.skip { position: absolute; left: -100vw; padding: 0.5rem 1rem; background: var(--ground); z-index: 3; }
.skip:focus { left: 0; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
main:focus { outline: none; }
.site-header { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 1.25rem; max-width: none; margin: 0; padding: 0.6rem 1.25rem; background: var(--ground); border-bottom: 1px solid var(--faint); font-size: 0.9375rem; }
.site-header .brand { color: var(--ink); font-weight: 700; font-size: 1.1rem; text-decoration: none; }
.site-header nav { display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; margin-right: auto; }
.site-header nav a { text-decoration: none; }
.site-header nav a:hover { text-decoration: underline; }
.site-header button { font: inherit; color: var(--ink); background: var(--soft); border: 1px solid var(--faint); border-radius: 6px; padding: 0.2rem 0.7rem; cursor: pointer; }
kbd { font: 0.8em ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; border: 1px solid var(--muted); border-radius: 4px; padding: 0 0.3em; }
.site-columns { display: grid; grid-template-columns: minmax(0, 1fr); max-width: 100rem; margin: 0 auto; }
.site-main { margin: 0; width: auto; max-width: 76rem; padding: 1.25rem 1.25rem 4rem; min-width: 0; box-sizing: border-box; }
.text > h1 { margin: 0.2rem 0 1rem; font-size: 1.9rem; }
.text > h2 { margin-top: 2.4rem; }
.text > * { max-width: 52rem; }
.text > .table, .text > pre, .text > picture, .text > p:has(> img) { max-width: 100%; }
.text :is(p, li) code { overflow-wrap: anywhere; }
.text .table { overflow-x: auto; margin: 1rem 0; }
.text .table table { display: table; }
.text .table :is(th, td) { vertical-align: top; min-width: 4.5rem; }
.site-nav, .toc { font-size: 0.875rem; line-height: 1.45; box-sizing: border-box; padding: 1rem 1.25rem; min-width: 0; }
.site-nav h2, .toc h2 { margin: 1rem 0 0.35rem; font-size: 0.75rem; letter-spacing: 0.04em; text-transform: uppercase; color: var(--muted); }
.site-nav h2:first-child, .toc h2:first-child { margin-top: 0; }
.site-nav ul, .toc ul { list-style: none; margin: 0; padding: 0; }
.site-nav a, .toc a { display: block; padding: 0.16rem 0; color: var(--ink); text-decoration: none; overflow-wrap: anywhere; }
.site-nav a:hover, .toc a:hover { color: var(--link); text-decoration: underline; }
.site-nav [aria-current] { color: var(--link); font-weight: 600; }
.toc code { font-size: 0.95em; background: none; padding: 0; }
.toc .depth-3 { padding-left: 0.9rem; }
.about-page { margin-top: 3rem; border-top: 1px solid var(--faint); color: var(--muted); font-size: 0.8125rem; }
.about-page p { margin: 0.3rem 0; overflow-wrap: anywhere; }
.index { max-width: 76rem; }
.index .lead { font-size: 1.15rem; }
.index .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(17.5rem, 100%), 1fr)); gap: 0.9rem; max-width: none; list-style: none; padding: 0; }
.index .cards li { border: 1px solid var(--faint); border-radius: 8px; padding: 0.8rem 1rem; }
.index .cards a { font-weight: 600; }
.index .cards p { margin: 0.25rem 0 0; font-size: 0.9rem; color: var(--muted); }
.index h3 { margin: 1.5rem 0 0.6rem; }
dialog.search { width: min(44rem, calc(100vw - 2rem)); max-height: min(40rem, calc(100vh - 4rem)); margin: 3rem auto auto; padding: 0.9rem; box-sizing: border-box; border: 1px solid var(--faint); border-radius: 10px; background: var(--ground); color: var(--ink); overflow: hidden; }
dialog.search[open] { display: flex; flex-direction: column; }
dialog.search::backdrop { background: #0008; }
dialog.search input { font: inherit; color: inherit; background: var(--soft); border: 1px solid var(--muted); border-radius: 6px; padding: 0.5rem 0.7rem; }
dialog.search p { margin: 0.5rem 0.2rem; font-size: 0.8125rem; color: var(--muted); min-height: 1.3em; }
dialog.search ul { list-style: none; margin: 0; padding: 0; overflow-y: auto; }
dialog.search li { padding: 0.45rem 0.6rem; border-radius: 6px; cursor: pointer; overflow-wrap: anywhere; }
dialog.search li[aria-selected="true"] { background: var(--soft); box-shadow: inset 3px 0 var(--link); }
dialog.search li span { color: var(--muted); font-size: 0.875rem; }
dialog.search li small { display: block; color: var(--muted); }
@media (max-width: 61.99rem) {
  .site-nav { display: none; border-bottom: 1px solid var(--faint); columns: 2 11rem; }
  .site-nav[data-shown] { display: block; }
  .site-nav h2 { break-after: avoid; }
}
@media (max-width: 84.99rem) {
  .toc { padding: 0.8rem 1.25rem; margin: 1rem 1.25rem 0; border: 1px solid var(--faint); border-radius: 8px; max-height: 11rem; overflow-y: auto; }
  .toc ul { columns: 3 13rem; }
  .toc .depth-3 { display: none; }
}
@media (min-width: 62rem) {
  .pages-button { display: none; }
  .site-columns:not(.index) { grid-template-columns: 16rem minmax(0, 1fr); grid-template-areas: "pages toc" "pages main"; grid-template-rows: auto 1fr; }
  .site-nav { grid-area: pages; position: sticky; top: 3rem; align-self: start; max-height: calc(100vh - 3rem); overflow-y: auto; border-right: 1px solid var(--faint); }
  .toc { grid-area: toc; }
  .site-main { grid-area: main; }
  .index .site-main { grid-area: auto; }
}
@media (min-width: 85rem) {
  .site-columns:not(.index) { grid-template-columns: 16rem minmax(0, 1fr) 15rem; grid-template-areas: "pages main toc"; grid-template-rows: auto; }
  .toc { position: sticky; top: 3rem; align-self: start; max-height: calc(100vh - 3rem); overflow-y: auto; }
}
@media (max-width: 30rem) {
  .search-button kbd { display: none; }
  .site-header { gap: 0.4rem 0.9rem; position: static; }
}
@media print {
  .site-header, .site-nav, .toc, .skip { display: none; }
}
`;
