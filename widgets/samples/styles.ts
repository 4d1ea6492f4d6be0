export const STYLES = `
.vt-samples-arms { margin: 0 0 10px; padding: 6px 10px; border-left: 3px solid var(--vt-data); background: var(--vt-mask); font-size: 12px; }
.vt-samples-arms p { margin: 0; }
.vt-samples-search { display: inline-flex; align-items: center; }
.vt .vt-samples-search input {
  font: 12px/1.4 var(--vt-font); color: var(--vt-ink); background: transparent; width: 15em;
  border: 1px solid var(--vt-faint); border-radius: 5px; padding: 2px 8px;
}
.vt .vt-samples-rows th button {
  font: 600 12px/1.4 var(--vt-font); color: var(--vt-ink); background: transparent; border: 0; padding: 0; cursor: pointer;
}
.vt .vt-samples-rows td { max-width: 34ch; overflow: hidden; text-overflow: ellipsis; }
.vt .vt-samples-rows td button {
  font: inherit; color: var(--vt-data); background: transparent; border: 0; padding: 0 2px; cursor: pointer; text-decoration: underline;
}
.vt .vt-samples-rows tbody tr.vt-open, .vt .vt-samples-rows tbody tr.vt-open:nth-child(even) { background: var(--vt-selection-soft); }
.vt .vt-samples-rows td.vt-not-right { color: var(--vt-selection); }
.vt .vt-samples-rows tr.vt-open td.vt-not-right { color: var(--vt-ink); font-weight: 600; }
.vt-sample-runs { display: grid; gap: 8px; margin-top: 10px; }
.vt-sample-runs > div { min-width: 0; }
.vt-nested { margin-top: 12px; }
.vt-nested > .vt { padding: 0; }
.vt-sample { margin-top: 12px; }
.vt-sample h4 { margin: 0 0 6px; font: 600 13px/1.4 var(--vt-font); overflow-wrap: anywhere; color: var(--vt-ink); }
.vt-sample h5 { margin: 10px 0 4px; font: 600 12px/1.4 var(--vt-font); color: var(--vt-muted); }
.vt-sample-sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 6px 20px; }
.vt-sample-sides > div { min-width: 0; }
.vt .vt-sample pre {
  margin: 0; padding: 6px 10px; max-height: 240px; overflow: auto; background: var(--vt-mask); color: var(--vt-ink);
  font: 12px/1.5 var(--vt-mono); white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 4px;
}
.vt .vt-sample summary { cursor: pointer; margin: 10px 0 4px; font: 600 12px/1.4 var(--vt-font); color: var(--vt-muted); }
.vt .vt-sample dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 2px 10px; margin: 0; font-size: 12px; }
.vt .vt-sample dt { float: none; width: auto; margin: 0; padding: 0; color: var(--vt-muted); font-weight: 400; }
.vt .vt-sample dd { float: none; width: auto; margin: 0; padding: 0; min-width: 0; font-family: var(--vt-mono); overflow-wrap: anywhere; }
`;
