import { checkOptions, type OptionNames } from "../../kernel/display/checkOptions.ts";
import { type Answer, integerIn } from "../render/answerQuestions.ts";
import type { KernelQuestion } from "../render/askKernel.ts";
import {
  armLabel,
  type EvaluationSource,
  type SampleSource,
  wrongWithEvaluation,
  wrongWithSamples,
} from "../render/evaluationSource.ts";
import { Picture } from "../render/picture.ts";
import { viewSource } from "../render/viewSource.ts";
import { armCounts, type SamplesState, samplesText, showCounts } from "./data.ts";
import { keptQuestions } from "./keptQuestions.ts";
import { OpenedRuns, type PicturedRun } from "./openedRuns.ts";
import { pairSamples, type SamplePair } from "./pairs.ts";
import { readQuery, samplesPage } from "./query.ts";
import { samplesPicture } from "./staticPicture.ts";
import { samplesTables } from "./tables.ts";

/** An evaluation, or samples of one, such as one of its `arms()`; the engine's. */
export type EvaluatedSource =
  | (EvaluationSource & {
      readonly hasRuns?: boolean;
      /** The run of a sample. */
      run?(sample: SampleSource): Promise<PicturedRun>;
    })
  | readonly SampleSource[];

export interface SamplesOptions {
  /** What the two sides are called. Default: their models or arms, where these differ. */
  readonly names?: readonly [now: string, before: string];
}

const OPTIONS: OptionNames<SamplesOptions> = { names: true };

/**
 * The samples of an evaluation as a table that sorts, filters and opens: prompt, thoughts, reply, what was expected, and how it was
 * judged. Beside another evaluation of the same task it says what changed, and what is no longer right comes first. Samples
 * come to the page 50 at a time.
 * @param before the evaluation that it is held against
 * @throws KernelError ERR_OPTION; TypeError if one is no evaluation, has no samples, or they are of other samples
 */
export function samples(
  evaluation: EvaluatedSource,
  before?: EvaluatedSource | null,
  options: SamplesOptions = {},
): Picture<SamplesState> {
  checkOptions("samples", options, OPTIONS);
  const own = samplesOf(evaluation);
  const others = before == null ? null : samplesOf(before);
  const pairs = pairSamples(own, others);
  const names = namesOf([evaluation, before ?? null], options);
  const state: SamplesState = {
    subtitle: `${titleOf(evaluation)}, ${own.length} replies`,
    names,
    arms: armCounts(pairs),
    shows: showCounts(pairs),
    hasEpochs: own.some(({ epoch }) => epoch > 0),
    runs: [runsOf(evaluation), before == null ? null : runsOf(before)],
  };
  const opened = new OpenedRuns();
  const rows = async (question: KernelQuestion): Promise<Answer> => ({
    content: { ...samplesPage(pairs, readQuery(question, pairs.length)) },
  });
  const sample = async (question: KernelQuestion): Promise<Answer> => ({
    content: { ...pairs[integerIn(question, "row", 0, pairs.length - 1)] },
  });
  const openRun = async (question: KernelQuestion): Promise<Answer> => {
    const side = integerIn(question, "side", 0, 1);
    const pair = pairs[integerIn(question, "row", 0, pairs.length - 1)] as SamplePair;
    const [source, sample] = side === 0 ? [evaluation, pair.now] : [before, pair.before];
    if (source == null || sample === null || isList(source) || source.run === undefined)
      throw new Error("samples: expected an evaluation with runs, got none. Reload the page.");
    const { run } = source;
    return opened.open(() => run.call(source, sample));
  };
  return new Picture<SamplesState>({
    name: "samples",
    esm: viewSource("samples"),
    state,
    answers: {
      ...{ rows, sample, openRun },
      runView: async (question) => opened.view(question),
      askRun: (question) => opened.ask(question),
      closeRun: async (question) => opened.close(question),
    },
    keep: () => keptQuestions(pairs, state),
    svg: () => samplesPicture(pairs, state),
    text: () => samplesText(state),
    tables: () => samplesTables(pairs),
  });
}

const isList = (source: EvaluatedSource): source is readonly SampleSource[] =>
  Array.isArray(source);

function samplesOf(source: EvaluatedSource): readonly SampleSource[] {
  const wrong = isList(source) ? wrongWithSamples(source) : wrongWithEvaluation(source);
  if (wrong === null) return isList(source) ? source : source.samples;
  throw new TypeError(
    `samples: expected an evaluation, or samples of one, got ${wrong}. Pass what evaluate(model, task) gives, or one of its arms().`,
  );
}

/** "" where runs can be opened, else how to keep them. */
function runsOf(source: EvaluatedSource): string {
  if (isList(source)) return "To open runs, pass evaluations rather than samples of them.";
  if (source.hasRuns === true) return "";
  return 'No runs were kept. To open a sample\'s tokens, routes and attention, evaluate with { folder: "runs/mine", capture: { runs: true } }.';
}

const titleOf = (source: EvaluatedSource): string =>
  isList(source)
    ? armLabel(source[0] as SampleSource)
    : `${source.about.model} on ${source.about.task}`;

/** Models, or arms, where they tell the two apart. */
function namesOf(
  [now, before]: readonly [EvaluatedSource, EvaluatedSource | null],
  { names }: SamplesOptions,
): SamplesState["names"] {
  if (names !== undefined) {
    const areTexts = Array.isArray(names) && names.length === 2;
    if (areTexts && names.every((name) => typeof name === "string" && name !== "")) return names;
    throw new TypeError(
      `samples names: expected two texts, got ${JSON.stringify(names)}. Write ["tuned", "base"].`,
    );
  }
  if (before === null) return ["", ""];
  const short = (source: EvaluatedSource): string =>
    isList(source) ? titleOf(source) : source.about.model;
  const [own, other] = [short(now), short(before)];
  return own === other ? ["this", "the other"] : [own, other];
}
