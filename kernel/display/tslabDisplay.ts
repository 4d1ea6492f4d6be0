import type { KernelHost, MimeBundle } from "./host.ts";

interface TslabDisplayData {
  readonly data: MimeBundle;
  readonly metadata: Record<string, unknown>;
  readonly transient?: { readonly display_id?: string };
}

/** Lets notebooks written for tslab show things: `tslab.display.html(...)`, `tslab.newDisplay()`. */
export function serveTslabDisplay(host: KernelHost, require: NodeJS.Require): void {
  const jupyter = require("tslab/dist/jupyter.js") as {
    lastWriteDisplayData: (content: TslabDisplayData, update?: boolean) => void;
  };
  jupyter.lastWriteDisplayData = ({ data, metadata, transient }, update = false) => {
    const displayId = transient?.display_id;
    host.display(data, { metadata, update, ...(displayId ? { displayId } : {}) });
  };
}
