/** A card's styles: an edge and a word for each state, never a colour alone. Dark where Jupyter's page is. */
export const STYLES = `
.vt-exercise{box-sizing:border-box;max-width:860px;margin:2px 0;padding:10px 14px;border:1px solid #d0d7de;border-left-width:5px;border-radius:6px;
background:#fff;color:#1f2328;font:13px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;overflow-wrap:anywhere}
.vt-exercise p{margin:0}.vt-exercise .vt-verdict{margin-top:6px}.vt-exercise .vt-reason{margin-top:2px}
.vt-exercise code{padding:0 3px;border-radius:3px;background:#f3f4f6;color:inherit;font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12px}
.vt-exercise-open{border-left-color:#5b636d}.vt-exercise-right{border-left-color:#1a7f37}.vt-exercise-wrong{border-left-color:#c2410c}
.vt-exercise-open .vt-verdict{color:#5b636d}.vt-exercise-right .vt-verdict{color:#116329}.vt-exercise-wrong .vt-verdict{color:#9a3412}
[data-jp-theme-light="false"] .vt-exercise{border-color:#343b45;background:#15181d;color:#e4e7eb}
[data-jp-theme-light="false"] .vt-exercise code{background:#23272e}
[data-jp-theme-light="false"] .vt-exercise-open{border-left-color:#9aa4b0}
[data-jp-theme-light="false"] .vt-exercise-right{border-left-color:#3fb950}
[data-jp-theme-light="false"] .vt-exercise-wrong{border-left-color:#ff9d5c}
[data-jp-theme-light="false"] .vt-exercise-open .vt-verdict{color:#9aa4b0}
[data-jp-theme-light="false"] .vt-exercise-right .vt-verdict{color:#56d364}
[data-jp-theme-light="false"] .vt-exercise-wrong .vt-verdict{color:#ff9d5c}`;
