import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { AbortedError, InputError } from "../../base/errors.ts";
import type { ChatMessage } from "../../template/chat.ts";
import { shown, wrongOption } from "../evaluateErrors.ts";
import type { ReplyScorer, SampleData, ScoredReply, Target } from "../task.ts";
import { numbersIn } from "./extract.ts";

/** A reply of the judge, to be iterated over once. */
interface JudgeReply extends AsyncIterable<unknown> {
  readonly message: { readonly content: string };
  /** "stop" where it came to its end. */
  readonly finishReason: string | null;
}

/** A model that judges: one of `loadModel`, or one behind a server. */
export interface Judge {
  /** Of a model of `loadModel`. */
  readonly name?: string;
  /** Of one behind a server. */
  readonly model?: string;
  chat(
    messages: readonly ChatMessage[],
    options: { readonly seed?: number; readonly temperature?: number; readonly maxTokens?: number },
  ): JudgeReply;
}

/** Who judges by which rules. */
export interface RubricOptions<Sample extends object = SampleData> {
  readonly judge: Judge;
  /** What the judge is asked. It has to end its reply with the mark. */
  readonly ask: (
    sample: Sample,
    reply: ScoredReply,
    target: Target | null,
  ) => string | readonly ChatMessage[];
  /** The worst mark and the best. Default [0, 1]. */
  readonly scale?: readonly [worst: number, best: number];
  /** Of the judge's reply. Default 256. */
  readonly maxTokens?: number;
}

const RUBRIC_OPTIONS: OptionNames<RubricOptions> = {
  judge: true,
  ask: true,
  scale: true,
  maxTokens: true,
};

/**
 * Has a model judge each reply, greedily: the last number of what it says is the mark, and the score where the mark lies between worst and
 * best. Its words are kept as the sample's note.
 * @throws InputError ERR_OPTION; when it judges ERR_RUBRIC where the judge gives no mark of the scale or is cut; what the judge throws
 */
export function rubric<Sample extends object = SampleData>(
  options: RubricOptions<Sample>,
): ReplyScorer {
  checkOptions("rubric", options, RUBRIC_OPTIONS);
  const { judge, ask, scale = [0, 1], maxTokens = 256 } = options;
  const name = judge?.name ?? judge?.model;
  if (typeof judge?.chat !== "function" || typeof ask !== "function" || !name)
    throw wrongOption("rubric", {
      expected: "a judge with a name that chats, and a function that asks it",
      got: { name, judge: typeof judge?.chat, ask: typeof ask },
      fix: "Write { judge: model, ask: (sample, reply) => ... }.",
    });
  const [worst, best] = scale;
  if (!(Number.isFinite(worst) && Number.isFinite(best) && worst !== best))
    throw wrongOption("rubric scale", {
      expected: "two different numbers",
      got: scale,
      fix: "Write [1, 10], say.",
    });
  return {
    kind: "reply",
    name: `rubric ${JSON.stringify({ judge: name, scale, maxTokens, ask: String(ask) })}`,
    async judge(reply, target, sample) {
      const asked = ask(sample as Sample, reply, target);
      const messages = typeof asked === "string" ? [{ role: "user", content: asked }] : asked;
      const said = judge.chat(messages, { seed: reply.seed, temperature: 0, maxTokens });
      for await (const _ of said);
      const { finishReason } = said;
      const { content } = said.message;
      dispose(said);
      if (finishReason === "aborted") throw new AbortedError();
      // Of a reply that was cut the last number is no mark.
      const mark = finishReason === "stop" ? numbersIn(content).at(-1)?.value : undefined;
      if (mark === undefined || mark < Math.min(...scale) || mark > Math.max(...scale))
        throw new InputError(
          "ERR_RUBRIC",
          `rubric: expected a mark from ${worst} to ${best} at the end of what ${name} says, got ${shown(content)}, ended by ${finishReason}. Ask for the mark alone, or raise maxTokens.`,
        );
      return { score: (mark - worst) / (best - worst), note: content };
    },
  };
}

/** A model of this process holds a run; a server's reply has none. */
function dispose(reply: object): void {
  if (!("generation" in reply)) return;
  (reply as { generation: { run: { dispose(): void } } }).generation.run.dispose();
}
