/** Around pictures: ipywidgets' mark of a broken link goes, since they answer by themselves. */
export const AROUND_STYLES =
  ".jupyter-widgets-disconnected:has(> .vt)::before { display: none; }\n";

/** Styles all pictures share. JupyterLab's variables first, own values where there is no JupyterLab. */
export const BASE_STYLES = `
.vt {
  --vt-ground: var(--jp-layout-color0, #ffffff);
  --vt-panel: var(--jp-layout-color1, #ffffff);
  --vt-ink: var(--jp-ui-font-color1, #1f2328);
  --vt-muted: var(--jp-ui-font-color2, #5b636d);
  --vt-faint: var(--jp-border-color2, #dfe3e8);
  --vt-mask: #f3f4f6;
  --vt-data: #1764ab;
  --vt-data-soft: #9ecae1;
  --vt-selection: #c2410c;
  --vt-selection-soft: rgba(234, 108, 30, 0.16);
  --vt-font: var(--jp-ui-font-family, system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif);
  --vt-mono: var(--jp-code-font-family, ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace);
  box-sizing: border-box;
  width: 100%;
  min-width: 0;
  padding: 12px 14px 14px;
  color: var(--vt-ink);
  background: var(--vt-ground);
  font: 13px/1.45 var(--vt-font);
  font-variant-numeric: tabular-nums;
}
.vt[data-vt-theme="dark"] {
  --vt-ground: var(--jp-layout-color0, #15181d);
  --vt-panel: var(--jp-layout-color1, #1b1f26);
  --vt-ink: var(--jp-ui-font-color1, #e4e7eb);
  --vt-muted: var(--jp-ui-font-color2, #9aa4b0);
  --vt-faint: var(--jp-border-color2, #343b45);
  --vt-mask: #23272e;
  --vt-data: #5aa9e0;
  --vt-data-soft: #2c6a9c;
  --vt-selection: #ff9d5c;
  --vt-selection-soft: rgba(255, 157, 92, 0.2);
  color-scheme: dark;
}
.vt *, .vt *::before, .vt *::after { box-sizing: border-box; }
.vt [hidden] { display: none !important; }
.vt-header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 12px; margin: 0 0 8px; }
.vt-header h3 { margin: 0; font: 600 15px/1.3 var(--vt-font); color: var(--vt-ink); }
.vt-header p { margin: 0; color: var(--vt-muted); font-size: 12px; }
.vt-actions { margin-left: auto; }
.vt-save { position: relative; align-self: start; }
.vt-menu {
  position: absolute; right: 0; top: calc(100% + 4px); z-index: 10; min-width: 150px; max-width: 260px; padding: 4px;
  background: var(--vt-panel); border: 1px solid var(--vt-faint); border-radius: 6px; box-shadow: 0 3px 14px rgba(0, 0, 0, 0.22);
}
.vt-menu button {
  display: block; width: 100%; padding: 4px 9px; border: 0; border-radius: 4px; background: transparent; color: var(--vt-ink);
  font: 12px/1.5 var(--vt-font); text-align: left; white-space: nowrap; cursor: pointer;
}
.vt-menu button:hover, .vt-menu button:focus { background: var(--vt-selection-soft); }
.vt-menu [aria-busy] { opacity: 0.6; }
.vt-menu p { margin: 4px 9px; color: var(--vt-selection); font-size: 12px; overflow-wrap: anywhere; }
.vt-toolbar:empty { display: none; }
.vt-toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 16px; margin: 0 0 10px; font-size: 12px; }
.vt-control-label { color: var(--vt-muted); margin-right: 6px; }
.vt-segmented, .vt-dropdown { display: inline-flex; align-items: center; }
.vt-segments { display: inline-flex; border: 1px solid var(--vt-faint); border-radius: 5px; overflow: hidden; }
.vt-segments label { position: relative; cursor: pointer; }
.vt[data-vt-width="narrow"] .vt-segmented { max-width: 100%; }
.vt[data-vt-width="narrow"] .vt-segments { flex-wrap: wrap; min-width: 0; }
.vt-segments label + label { border-left: 1px solid var(--vt-faint); }
.vt-segments input { position: absolute; opacity: 0; inset: 0; margin: 0; cursor: pointer; }
.vt-segments span { display: block; padding: 2px 9px; color: var(--vt-muted); }
.vt-segments input:checked + span { background: var(--vt-data); color: #fff; }
.vt[data-vt-theme="dark"] .vt-segments input:checked + span { color: #08131d; }
.vt-segments input:focus-visible + span { outline: 2px solid var(--vt-selection); outline-offset: -2px; }
.vt-check { display: inline-flex; align-items: center; gap: 5px; cursor: pointer; }
.vt-check input { margin: 0; accent-color: var(--vt-data); }
.vt select, .vt-button {
  font: 12px/1.4 var(--vt-font); color: var(--vt-ink); background: transparent;
  border: 1px solid var(--vt-faint); border-radius: 5px; padding: 2px 8px; cursor: pointer; white-space: nowrap;
}
.vt select option { background: var(--vt-panel); color: var(--vt-ink); }
.vt-button:hover:not(:disabled) { border-color: var(--vt-muted); }
.vt-button:disabled { opacity: 0.45; cursor: default; }
.vt-button[aria-expanded="true"], .vt-button[aria-pressed="true"] { background: var(--vt-selection-soft); border-color: var(--vt-selection); }
.vt :focus-visible { outline: 2px solid var(--vt-selection); outline-offset: 1px; }
.vt canvas { display: block; }
.vt-muted { color: var(--vt-muted); }
.vt-note { color: var(--vt-muted); font-size: 12px; margin: 8px 0 0; max-width: 90ch; }
.vt-note kbd { font: 11px var(--vt-mono); border: 1px solid var(--vt-faint); border-radius: 3px; padding: 0 4px; }
.vt-warning { color: var(--vt-selection); }
.vt-mono { font-family: var(--vt-mono); }
.vt-number { text-align: right; }
.vt-live { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.vt-table-host { margin-top: 12px; }
.vt-table-scroll { max-height: 340px; overflow: auto; border: 1px solid var(--vt-faint); border-radius: 5px; }
.vt table.vt-table { border-collapse: collapse; width: 100%; margin: 0; font-size: 12px; border: 0; table-layout: auto; }
.vt .vt-table caption { text-align: left; padding: 6px 10px; color: var(--vt-muted); caption-side: top; font-size: 12px; }
.vt .vt-table th, .vt .vt-table td { padding: 2px 10px; white-space: nowrap; text-align: left; border: 0; max-width: none; color: var(--vt-ink); }
.vt .vt-table th.vt-number, .vt .vt-table td.vt-number { text-align: right; }
.vt .vt-table th { position: sticky; top: 0; background: var(--vt-ground); font-weight: 600; box-shadow: 0 1px 0 var(--vt-faint); }
.vt .vt-table tbody tr, .vt .vt-table tbody tr:nth-child(even) { background: transparent; }
.vt .vt-table tbody tr:hover { background: var(--vt-selection-soft); }
.vt .vt-table td { font-family: var(--vt-mono); font-size: 11.5px; }
.vt-pager { display: flex; align-items: center; gap: 10px; margin-top: 6px; font-size: 12px; color: var(--vt-muted); }
`;
