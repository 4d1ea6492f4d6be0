import { after } from "node:test";
import type { Model, Run } from "../../engine/index.ts";

/**
 * What the reference backend computes of a model at every site, once for all tests of the `describe` that calls this.
 * @param open the model on the reference backend
 */
export function inFloat64(open: () => Promise<Model>): (ids: readonly number[]) => Promise<Run> {
  const opened: Promise<Model>[] = [];
  const runs: Promise<Run>[] = [];
  after(async () => (await opened[0])?.dispose());
  return (ids) => {
    opened[0] ??= open();
    runs[0] ??= opened[0].then((model) => model.run([...ids], { capture: "**" }));
    return runs[0];
  };
}
