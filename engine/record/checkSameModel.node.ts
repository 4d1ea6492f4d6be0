import { partsOf, type Run } from "../look/run.ts";
import type { RunModel } from "../look/runModel.ts";
import type { RunRecordRead } from "./readRunRecord.node.ts";
import { otherModel } from "./recordErrors.ts";
import { runIdentity } from "./runIdentity.node.ts";

/** @throws RecordError ERR_RECORD_MODEL where other weights ran */
export async function checkSameModel({ content }: RunRecordRead, model: RunModel): Promise<void> {
  const { weights_sha256: expected, name } = content.model;
  const { weightsSha256: got } = await runIdentity(model);
  if (got === expected) return;
  throw otherModel(`replay with ${model.name}`, {
    expected: `the weights ${expected} of ${name}`,
    got,
    fix: "Load the model that ran.",
  });
}

/**
 * Weights lie on the device as they did; else no bit can be the same.
 * @throws RecordError ERR_RECORD_MODEL
 */
export function checkSameWeights({ weights: recorded }: RunRecordRead, run: Run): void {
  const { weights } = partsOf(run).state.device;
  for (const [name, { dtype }] of recorded) {
    const got = weights.get(name)?.dtype;
    if (got !== undefined && isSameForm(dtype, got)) continue;
    throw otherModel(`replay: the weight ${name}`, {
      expected: `it as ${dtype}`,
      got: got ?? "none",
      fix: "Load the model with the dtype that it was loaded with.",
    });
  }
}

/** The reference backend widens what other backends keep as floats. */
function isSameForm(a: string, b: string): boolean {
  return a === b || a === "f64" || b === "f64";
}

/** What else is not as it was. */
export async function modelNotes({ content }: RunRecordRead, model: RunModel): Promise<string[]> {
  const { backend } = content;
  const ofBackend = (["name", "device", "driver", "arithmetic"] as const).flatMap((field) =>
    backend[field] === model.backend[field]
      ? []
      : [
          `backend ${field}: the record has ${backend[field]}, the model runs with ${model.backend[field]}`,
        ],
  );
  const { files } = await runIdentity(model);
  const names = new Set([...content.model.files, ...files].map(({ name }) => name));
  const hashOf = (list: typeof files, name: string) =>
    list.find((file) => file.name === name)?.sha256 ?? "none";
  const ofFiles = [...names].flatMap((name) => {
    const [was, is] = [hashOf(content.model.files, name), hashOf(files, name)];
    return was === is ? [] : [`${name}: the record has sha256 ${was}, the model ${is}`];
  });
  return [...ofBackend, ...ofFiles];
}
