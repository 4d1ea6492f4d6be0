import type { CellScript } from "./cellScript.ts";
import { describe } from "./describe.ts";
import type { CallFrame, PausedEvent, RemoteObject } from "./inspectorClient.ts";

/** A function of a cell on the stack of a paused thread. */
export interface Frame {
  /** Never used twice: front ends take a frame with a known id for the one they have. */
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly script: CellScript;
}

/** One row of a `stackTrace` response. */
export function describeFrame({ id, callFrame, script }: Frame) {
  const position = script.written(callFrame.location) ?? { line: 1, column: 1 };
  return {
    id,
    name: callFrame.functionName || script.label,
    source: { name: script.label, path: script.path },
    ...position,
  };
}

/** Objects of a frame's scopes: its own and those of its blocks, then those of the functions around it. */
export function scopesOf({ scopeChain }: CallFrame): [locals: string[], closure: string[]] {
  const last = scopeChain.findIndex(({ type }) => type === "local");
  const ids = (scopes: CallFrame["scopeChain"]): string[] =>
    scopes.flatMap(({ type, object }) =>
      type === "global" || object.objectId === undefined ? [] : [object.objectId],
    );
  return [ids(scopeChain.slice(0, last + 1)), ids(scopeChain.slice(last + 1))];
}

/** What was thrown, in one line. */
export function describeException({ data }: PausedEvent): string {
  return describe((data ?? { type: "undefined" }) as RemoteObject);
}
