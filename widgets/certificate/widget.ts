import { createHash } from "node:crypto";
import { checkOptions, type OptionNames } from "../../kernel/display/checkOptions.ts";
import { type EvaluationSource, wrongWithEvaluation } from "../render/evaluationSource.ts";
import { packageVersion } from "../render/packageRoot.ts";
import { Picture } from "../render/picture.ts";
import { viewSource } from "../render/viewSource.ts";
import {
  type CertificateMachine,
  type CertificateRecord,
  type CertificateState,
  certificateText,
  certifiedArms,
} from "./data.ts";
import { certificatePicture } from "./staticPicture.ts";
import { certificateTables } from "./tables.ts";
import { wrongAbout } from "./wrongAbout.ts";

/** An evaluation that can be certified; the engine's. */
export interface CertifiedEvaluation extends EvaluationSource {
  csvLines(): Iterable<string>;
}

/** Of whom the device is told; the engine's Model is one. */
export interface CertifiedModel {
  readonly record: { readonly hash: string };
  readonly backend: CertificateMachine & { readonly name: string };
}

export interface CertificateOptions {
  /** The line that computes it again, e.g. "vitrine verify notebooks/06-evaluation.ipynb". */
  readonly replay?: string;
  /** The model that was evaluated, for the device on which it lies. */
  readonly model?: CertifiedModel;
}

const OPTIONS: OptionNames<CertificateOptions> = { replay: true, model: true };

/**
 * The picture that ends an article: what was evaluated on what, how many replies were right, wrong and cut with intervals, with which
 * hashes, and the line that computes it again.
 * @param evaluation what `evaluate`, `mergeEvaluations` or `loadEvaluation` gives; with a folder it knows the hash of the weights
 * @throws KernelError ERR_OPTION; TypeError if it is no evaluation, has no samples, or the model is another one
 */
export function certificate(
  evaluation: CertifiedEvaluation,
  options: CertificateOptions = {},
): Picture<CertificateState> {
  checkOptions("certificate", options, OPTIONS);
  const wrong = wrongWithEvaluation(evaluation) ?? wrongAbout(evaluation);
  if (wrong !== null)
    throw new TypeError(
      `certificate: expected an evaluation, got ${wrong}. Pass what evaluate(model, task) gives.`,
    );
  const { replay = null, model } = options;
  if (replay !== null && (typeof replay !== "string" || replay.trim() === ""))
    throw new TypeError(
      `certificate replay: expected a line of text, got ${JSON.stringify(replay)}. Write "vitrine evaluate …", or leave it out.`,
    );
  if (replay !== null && evaluation.about.modelHash === null)
    throw new TypeError(
      `certificate replay: expected none, as a server may reply otherwise the next time, got ${JSON.stringify(replay)}. Leave it out, or evaluate a model of loadModel.`,
    );
  const record: CertificateRecord = {
    about: evaluation.about,
    nSamples: evaluation.samples.length,
    arms: certifiedArms(evaluation),
    samplesHash: hashOf(evaluation.csvLines()),
    machine: machineOf(model, evaluation.about),
    drawnBy: drawnBy(evaluation.about),
    replay,
  };
  return new Picture<CertificateState>({
    name: "certificate",
    esm: viewSource("certificate"),
    state: { record },
    svg: () => certificatePicture(record),
    text: () => certificateText(record),
    tables: () => certificateTables(record),
  });
}

function hashOf(lines: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const line of lines) hash.update(line);
  return hash.digest("hex");
}

/** What the evaluation knows itself, else what the model says. */
function machineOf(
  model: CertifiedModel | undefined,
  about: EvaluationSource["about"],
): CertificateMachine | null {
  const { modelHash, backend: evaluatedOn, device, driver } = about;
  const known = device === null ? null : { device, driver: driver ?? "" };
  if (model === undefined) return known;
  const { record, backend } = model;
  const text = (on: CertificateMachine | null): string =>
    on === null ? "" : ` (${on.device}, ${on.driver})`;
  const isSame =
    known === null || (known.device === backend.device && known.driver === backend.driver);
  if (record.hash === modelHash && backend.name === evaluatedOn && isSame)
    return { device: backend.device, driver: backend.driver };
  throw new TypeError(
    `certificate model: expected the model that was evaluated, ${modelHash?.slice(0, 12) ?? "one behind a server"} on ${evaluatedOn}${text(known)}, got ${record.hash.slice(0, 12)} on ${backend.name}${known === null ? "" : text(backend)}. Pass that one, or leave it out.`,
  );
}

function drawnBy({ versions }: EvaluationSource["about"]): CertificateRecord["drawnBy"] {
  const own = { vitrine: packageVersion(), node: process.versions.node };
  return own.vitrine === versions.vitrine && own.node === versions.node ? null : own;
}
