import { attention } from "../attention/widget.ts";
import type { Answer } from "../render/answerQuestions.ts";
import { isQuestion } from "../render/answerQuestions.ts";
import type { KernelQuestion } from "../render/askKernel.ts";
import { NestedPictures } from "../render/nested/nestedPictures.ts";
import { routing } from "../routing/widget.ts";
import { tokens } from "../tokens/widget.ts";

/** A run with everything that its pictures ask of it; the engine's. */
export type PicturedRun = Extract<Parameters<typeof tokens>[0], { readonly id: string }>;

/** Runs that are open at once; of more the first is closed. */
const MOST_OPEN = 4;

interface OpenedRun {
  readonly run: { dispose(): void };
  readonly pictures: NestedPictures;
}

/** Runs of samples that a page has opened: their pictures, and what these ask. */
export class OpenedRuns {
  readonly #open = new Map<number, OpenedRun>();
  #next = 0;

  /** Opens a run in the page. @returns the answer, whose `run` is what later questions name it by */
  async open(load: () => Promise<PicturedRun>): Promise<Answer> {
    const run = await load();
    try {
      const hasExperts = run.record.model.moeLayers.length > 0;
      const shown = [tokens(run), ...(hasExperts ? [routing(run)] : []), attention(run)];
      const pictures = new NestedPictures(shown.map(({ nestable }) => nestable));
      const { content, buffers = [] } = await pictures.open();
      const id = this.#next++;
      this.#open.set(id, { run, pictures });
      for (const first of this.#open.keys()) {
        if (this.#open.size <= MOST_OPEN) break;
        this.#close(first);
      }
      return { content: { ...content, run: id }, buffers };
    } catch (error) {
      run.dispose();
      throw error;
    }
  }

  view(question: KernelQuestion): Answer {
    return this.#find(question).pictures.view(question.name);
  }

  ask(question: KernelQuestion): Promise<Answer> {
    const { pictures } = this.#find(question);
    if (isQuestion(question.question)) return pictures.ask(question.picture, question.question);
    throw new Error("samples: expected a question of a picture, got another. Reload the page.");
  }

  close({ run }: KernelQuestion): Answer {
    this.#close(run as number);
    return {};
  }

  #close(id: number): void {
    this.#open.get(id)?.run.dispose();
    this.#open.delete(id);
  }

  #find({ run }: KernelQuestion): OpenedRun {
    const found = this.#open.get(run as number);
    if (found !== undefined) return found;
    throw new Error(
      `samples: expected a run that is open, got one that was closed, since ${MOST_OPEN} are open at once. Open the sample again.`,
    );
  }
}
