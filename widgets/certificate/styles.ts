export const STYLES = `
.vt .vt-certificate { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 3px 18px; margin: 0 0 12px; }
.vt[data-vt-width="narrow"] .vt-certificate { grid-template-columns: minmax(0, 1fr); }
.vt .vt-certificate dt { float: none; width: auto; margin: 0; padding: 0; color: var(--vt-muted); font-weight: 400; }
.vt .vt-certificate dd { float: none; width: auto; margin: 0; padding: 0; min-width: 0; overflow-wrap: anywhere; }
.vt .vt-certificate dd.vt-mono { font-size: 12px; user-select: all; }
`;
