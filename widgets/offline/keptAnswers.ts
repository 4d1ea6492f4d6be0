import {
  type KernelReply,
  type Question,
  questionKey,
  splitPacked,
  unpackReply,
} from "./packed.ts";

/** Answers of a kernel to the questions that a picture is asked most, kept where no kernel may be. */
export class KeptAnswers {
  /** Those that are answered, most needed first. */
  readonly questions: readonly Question[];
  /** How many the picture would have liked to keep. */
  readonly wanted: number;
  readonly #packed: ReadonlyMap<string, Uint8Array>;

  private constructor(
    questions: readonly Question[],
    wanted: number,
    packed: ReadonlyMap<string, Uint8Array>,
  ) {
    this.questions = questions;
    this.wanted = wanted;
    this.#packed = packed;
  }

  /** @throws Error where the bytes are no kept answers */
  static async read(bytes: Uint8Array): Promise<KeptAnswers> {
    const { header, packed } = await splitPacked(bytes);
    const questions = header.answers.map(({ question }) => question);
    const answers = questions.map(
      (question, i) => [questionKey(question), packed[i] ?? new Uint8Array(0)] as const,
    );
    return new KeptAnswers(questions, header.wanted, new Map(answers));
  }

  /** The kernel's answer to the same question, or null. */
  async answer(question: Question): Promise<KernelReply | null> {
    const packed = this.#packed.get(questionKey(question));
    return packed === undefined ? null : unpackReply(packed);
  }
}
