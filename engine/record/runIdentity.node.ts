import type { RunModel } from "../look/runModel.ts";
import { openGguf } from "../weights/gguf/openGguf.node.ts";
import { hashModel } from "../weights/hashModel.node.ts";
import { openCheckpoint } from "../weights/openCheckpoint.node.ts";
import type { ModelFile } from "./modelFile.ts";
import { modelFiles } from "./modelFiles.node.ts";
import { otherModel } from "./recordErrors.ts";

/** Which model it is, by the bytes of its files. */
export interface RunIdentity {
  readonly weightsSha256: string;
  readonly files: readonly ModelFile[];
}

const known = new WeakMap<RunModel, Promise<RunIdentity>>();

/**
 * Reads all of a model's files once.
 * @throws RecordError ERR_RECORD_MODEL where they are no longer those that the model was loaded from; as `hashModel`
 */
export function runIdentity(model: RunModel): Promise<RunIdentity> {
  const identity = known.get(model) ?? identify(model);
  known.set(model, identity);
  identity.catch(() => known.delete(model)); // it may be asked for again
  return identity;
}

async function identify({ location, name, record }: RunModel): Promise<RunIdentity> {
  const isGguf = location.endsWith(".gguf");
  const checkpoint = await (isGguf ? openGguf(location, name) : openCheckpoint(location, name));
  await checkpoint.close();
  if (checkpoint.hash !== record.hash)
    throw otherModel(location, {
      expected: `the checkpoint ${record.hash} that the model was loaded from`,
      got: checkpoint.hash,
      fix: "Its files were changed meanwhile: load the model again.",
    });
  return { weightsSha256: await hashModel(location), files: await modelFiles(location) };
}
