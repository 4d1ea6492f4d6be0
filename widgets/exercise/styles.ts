/**
 * A card's styles. Text and ground are the page's own, so that it is light or dark with any page; edges have 3:1 against white and
 * against #111 alike, and the state is a word and a mark beside them.
 */
export const STYLES = `
.vt-exercise{box-sizing:border-box;max-width:860px;margin:2px 0;padding:10px 14px;border:1px solid rgba(128,128,128,.45);border-left-width:5px;border-radius:6px;
font:13px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;color:inherit;overflow-wrap:anywhere}
.vt-exercise p{margin:0;color:inherit}.vt-exercise .vt-verdict{margin-top:6px}.vt-exercise .vt-reason{margin-top:2px}
.vt-exercise code{padding:0 3px;border-radius:3px;background:rgba(128,128,128,.16);color:inherit;font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12px}
.vt-exercise-open{border-left-color:#808890}.vt-exercise-right{border-left-color:#2a9147}.vt-exercise-wrong{border-left-color:#d9620f}`;
