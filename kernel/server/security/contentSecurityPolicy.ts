import { hostName } from "./hostCheck.ts";

/**
 * The policy of JupyterLab's page. `unsafe-eval`: its settings are validated by generated code; `unsafe-inline`: trusted
 * outputs hold inline scripts and styles; `blob:` and `data:`: widget modules. Scripts, styles, fonts and connections come
 * from this server alone; pictures may also come from where a notebook's author says.
 */
export function pagePolicy(hostHeader: string | undefined): string {
  const host = hostName(hostHeader) === null ? "" : ` ws://${hostHeader} wss://${hostHeader}`;
  return [
    "default-src 'self'",
    "script-src 'self' 'unsafe-eval' 'unsafe-inline' blob: data:",
    "worker-src 'self' blob: data:",
    "style-src 'self' 'unsafe-inline' blob: data:",
    "img-src 'self' blob: data: https:",
    "media-src 'self' blob: data: https:",
    "font-src 'self' data:",
    `connect-src 'self'${host} blob: data:`,
    "frame-src 'self' blob: data:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'self'",
  ].join("; ");
}

/** The policy of files out of the served folder: their scripts run, but as a stranger to this server. */
export const FILE_POLICY = "sandbox allow-scripts; frame-ancestors 'self'";

/** The policy of pages and answers that hold no script. */
export const PLAIN_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; frame-ancestors 'self'";
