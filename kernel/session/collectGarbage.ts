import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | null = null;

/** Has V8 collect all garbage of this thread at once. */
export function collectGarbage(): void {
  if (collect === null) {
    setFlagsFromString("--expose-gc"); // for contexts made from now on: user code sees no `gc`
    collect = runInNewContext("gc") as () => void;
  }
  collect();
}
