import { armLabel, type EvaluationSource } from "../render/evaluationSource.ts";
import { percent } from "../render/formatNumber.ts";

/** One way of asking all samples, counted. */
export interface CertifiedArm {
  readonly name: string;
  readonly right: number;
  readonly wrong: number;
  readonly cut: number;
  /** Of right ones among all; low and high are null where nothing says how sure it is. */
  readonly accuracy: number;
  readonly low: number | null;
  readonly high: number | null;
  /** How the interval was computed; empty where there is none. */
  readonly method: string;
}

/** On what it was computed. */
export interface CertificateMachine {
  readonly device: string;
  readonly driver: string;
}

export interface CertificateRecord {
  readonly about: EvaluationSource["about"];
  readonly nSamples: number;
  readonly arms: readonly CertifiedArm[];
  /** sha256 of `evaluation.toCsv()`, which is samples.csv of its folder. */
  readonly samplesHash: string;
  readonly machine: CertificateMachine | null;
  /** Versions of who draws the picture; null where they are those of who evaluated. */
  readonly drawnBy: EvaluationSource["about"]["versions"] | null;
  /** The line that computes it again. */
  readonly replay: string | null;
}

/** Synced with the page. */
export interface CertificateState {
  readonly record: CertificateRecord;
}

/** A term and what it says; `isCode` is set in letters of one width. */
export interface Fact {
  readonly term: string;
  readonly text: string;
  readonly isCode: boolean;
}

/** Intervals by what they may assume, the first that there is: clusters for several epochs, else Wilson's. */
const METHODS = ["wilson", "clustered", "bootstrap"];

/** Every arm's counts with the accuracy and its interval, in the order of the samples. */
export function certifiedArms({ samples, metrics, intervals }: EvaluationSource): CertifiedArm[] {
  const names = [...new Set(samples.map(armLabel))];
  return names.map((name) => {
    const own = samples.filter((sample) => armLabel(sample) === name);
    const count = (outcome: string): number =>
      own.filter((sample) => sample.outcome === outcome).length;
    const isOwn = (row: { edits: string | null; thinking: string | null; metric: string }) =>
      row.metric === "accuracy" && armLabel(row) === name;
    const found = intervals
      .filter(isOwn)
      .sort((a, b) => METHODS.indexOf(a.method) - METHODS.indexOf(b.method))[0];
    return {
      ...{ name, right: count("right"), wrong: count("wrong"), cut: count("cut") },
      accuracy: metrics.find(isOwn)?.value ?? Number.NaN,
      ...{ low: found?.low ?? null, high: found?.high ?? null, method: found?.method ?? "" },
    };
  });
}

/** What ran, on what, with which hashes, in the order in which they are read. */
export function factsOf(record: CertificateRecord): Fact[] {
  const { about, nSamples, arms, samplesHash, machine, drawnBy, replay } = record;
  const plain = (term: string, text: string): Fact => ({ term, text, isCode: false });
  const code = (term: string, text: string): Fact => ({ term, text, isCode: true });
  const each = nSamples / Math.max(1, arms.length);
  return [
    plain(
      "task",
      `${about.task}: ${counted(each / about.epochs, "sample")}, ${counted(about.epochs, "epoch")}, ${counted(arms.length, "arm")}, seed ${about.seed}`,
    ),
    plain("model", about.model),
    ...checkpointFacts(about),
    plain("backend", `${about.backend}, arithmetic ${about.arithmetic}`),
    ...(machine === null
      ? []
      : [plain("device", [machine.device, machine.driver].filter(isNamed).join(", "))]),
    plain("versions", versionsText(about.versions)),
    ...(drawnBy === null
      ? []
      : [plain("drawn by", `${versionsText(drawnBy)}: others than those that evaluated`)]),
    code("samples.csv, sha256", samplesHash),
    ...(replay === null ? [] : [code("replay", replay)]),
  ];
}

function versionsText({ vitrine, node }: EvaluationSource["about"]["versions"]): string {
  return `Vitrine ${vitrine}, Node ${node ?? "of a version that was not kept"}`;
}

/** A server does not show its checkpoint. */
function checkpointFacts({ weights, modelHash }: EvaluationSource["about"]): Fact[] {
  const [all, headers] = ["weights, sha256", "config and headers, sha256"];
  if (modelHash === null) return [{ term: all, text: "not shown by the server", isCode: false }];
  return [
    weights === null
      ? { term: all, text: "not read, as the evaluation has no folder", isCode: false }
      : { term: all, text: weights, isCode: true },
    { term: headers, text: modelHash, isCode: true },
  ];
}

const isNamed = (text: string): boolean => text !== "" && text !== "none";

/** What a certificate is, below the picture. */
export function reading({ modelHash }: EvaluationSource["about"]): string {
  const again =
    modelHash === null
      ? "A server may reply otherwise the next time."
      : "The same task, options, weights and backend give the same samples.csv, byte for byte.";
  return `${again} Accuracy counts a cut reply as wrong; intervals are 95 %.`;
}

/** "98.0 % (93.0 % to 99.5 %, wilson)". */
export function accuracyText({ accuracy, low, high, method }: CertifiedArm): string {
  if (!Number.isFinite(accuracy)) return "not counted";
  const interval =
    low === null || high === null ? "" : ` (${percent(low)} to ${percent(high)}, ${method})`;
  return `${percent(accuracy)}${interval}`;
}

/** The whole in lines, for a page that shows text alone. */
export function certificateText(record: CertificateRecord): string {
  return [
    "Certificate of an evaluation",
    ...factsOf(record).map(({ term, text }) => `${term}: ${text}`),
    ...record.arms.map(
      (arm) =>
        `${arm.name}: ${arm.right} right, ${arm.wrong} wrong, ${arm.cut} cut; accuracy ${accuracyText(arm)}`,
    ),
  ].join("\n");
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
