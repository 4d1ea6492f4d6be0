export const STYLES = `
.vt {
  --vt-kind-0: #eceff2; --vt-kind-1: #e3d5f1; --vt-kind-2: #cfe8dc; --vt-kind-3: #fbdcc6; --vt-verdict-2: #f6d3e1; --vt-verdict-3: #cfe2f4;
}
.vt[data-vt-theme="dark"] {
  --vt-kind-0: #2a2f37; --vt-kind-1: #44315e; --vt-kind-2: #1d4a38; --vt-kind-3: #5c3a1c; --vt-verdict-2: #5a2740; --vt-verdict-3: #1d4062;
}
.vt-tokens { display: grid; gap: 8px 18px; grid-template-columns: minmax(0, 1fr) 320px; align-items: start; }
.vt[data-vt-width="narrow"] .vt-tokens { grid-template-columns: minmax(0, 1fr); }
.vt-text { position: relative; padding: 8px 10px; border: 1px solid var(--vt-faint); border-radius: 5px; font: 13px/1.9 var(--vt-mono);
  max-height: 460px; overflow: auto; overflow-wrap: anywhere; }
.vt-t { display: inline-block; max-width: 100%; line-height: 1.45; padding: 2px 1px; margin-right: 1px; border-radius: 2px; cursor: pointer; border-bottom: 2px solid transparent; }
.vt-t.vt-none { border-bottom: 2px dotted var(--vt-faint); }
.vt-t.vt-infinite { border-bottom: 2px dashed var(--vt-ink); }
.vt-t.vt-lit { border-bottom-color: var(--vt-selection); box-shadow: 0 0 0 1px var(--vt-selection); }
.vt-t.vt-pinned { box-shadow: 0 0 0 2px var(--vt-selection); }
.vt-part-0 { background: var(--vt-kind-0); } .vt-part-1 { background: var(--vt-kind-1); } .vt-part-2 { background: var(--vt-kind-2); } .vt-part-3 { background: var(--vt-kind-3); }
.vt-draft-0 { background: var(--vt-kind-0); } .vt-draft-1 { background: var(--vt-kind-2); } .vt-draft-2 { background: var(--vt-verdict-2); } .vt-draft-3 { background: var(--vt-verdict-3); }
.vt-block { display: block; margin: 4px 0; padding-left: 8px; border-left: 3px solid var(--vt-faint); }
.vt-block > button, .vt-block > button[aria-expanded="true"] { margin-bottom: 2px; background: transparent; border-color: var(--vt-faint); }
.vt .vt-block.vt-holds > button { border-color: var(--vt-selection); box-shadow: 0 0 0 1px var(--vt-selection); }
.vt-token-readout.vt-used { min-height: 490px; }
.vt[data-vt-width="narrow"] .vt-token-readout { min-height: 0; }
.vt-key { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 10px; color: var(--vt-muted); font-size: 12px; min-height: 20px; margin: 0 0 8px; }
.vt-key-ramp { width: 160px; height: 10px; border: 1px solid var(--vt-faint); border-radius: 2px; }
.vt-key-swatch { display: inline-block; width: 12px; height: 12px; border-radius: 2px; margin-right: 5px; vertical-align: -2px; border: 1px solid var(--vt-faint); }
.vt-token-head { margin: 0 0 2px; font: 600 13px/1.4 var(--vt-font); overflow-wrap: anywhere; }
.vt-token-head .vt-mono { color: var(--vt-selection); }
.vt table.vt-token-table { border-collapse: collapse; width: 100%; margin: 6px 0 10px; font-size: 12px; border: 0; table-layout: auto; }
.vt .vt-token-table caption { text-align: left; color: var(--vt-muted); font-size: 11px; padding: 0 0 2px; }
.vt .vt-token-table tr, .vt .vt-token-table tr:nth-child(even) { background: transparent; }
.vt .vt-token-table th { font-weight: 400; color: var(--vt-muted); text-align: left; padding: 1px 8px 1px 0; border: 0; white-space: nowrap; }
.vt .vt-token-table td { padding: 1px 8px 1px 0; border: 0; text-align: left; color: var(--vt-ink); white-space: nowrap; max-width: none; }
.vt .vt-token-table td.vt-number { text-align: right; font-family: var(--vt-mono); padding-right: 6px; }
.vt .vt-token-table td.vt-muted { color: var(--vt-muted); font-size: 11px; }
.vt .vt-token-table tr.vt-own td { color: var(--vt-selection); font-weight: 600; }
.vt-share-cell { width: 30%; min-width: 40px; }
.vt-share-bar { display: block; height: 8px; border-radius: 1px; background: var(--vt-data); }
.vt-absent { font-size: 12px; margin-top: 8px; }
.vt-absent summary { cursor: pointer; color: var(--vt-muted); }
.vt-absent ul { margin: 4px 0 0; padding-left: 20px; color: var(--vt-muted); }
`;
