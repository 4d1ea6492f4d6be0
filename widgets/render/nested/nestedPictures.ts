import { removeBuffers } from "../../../kernel/display/buffers.ts";
import type { Answer } from "../answerQuestions.ts";
import type { KernelQuestion } from "../askKernel.ts";

/** A picture, as far as another one shows it. */
export interface Nestable {
  readonly name: string;
  readonly viewSource: string;
  /** What its view begins with; waits for what takes a while. */
  firstState(): Promise<Readonly<Record<string, unknown>>>;
  /** What it has by now. */
  stateNow(): Readonly<Record<string, unknown>>;
  answer(question: KernelQuestion): Promise<Answer>;
}

/** State as it travels: what is binary in it lies in the buffers of the answer, by its path. */
interface TravellingState {
  readonly state: Readonly<Record<string, unknown>>;
  readonly paths: readonly (readonly (string | number)[])[];
}

/** Pictures inside of another one, whose comm carries their states, questions and answers: the kernel's end of `mountNested`. */
export class NestedPictures {
  readonly #pictures: readonly Nestable[];
  /** What the page has of each. */
  readonly #told: Readonly<Record<string, unknown>>[] = [];

  constructor(pictures: readonly Nestable[]) {
    this.#pictures = pictures;
  }

  /** All of them, for a page that has none yet. */
  async open(): Promise<Answer> {
    const buffers: Uint8Array[] = [];
    const pictures: (TravellingState & { readonly name: string })[] = [];
    for (const [i, picture] of this.#pictures.entries()) {
      const state = await picture.firstState();
      this.#told[i] = state;
      pictures.push({ name: picture.name, ...travelling(state, buffers) });
    }
    return { content: { pictures }, buffers };
  }

  /** The code of a view, by its name. */
  view(name: unknown): Answer {
    return { content: { source: this.#find(({ name: own }) => own === name).viewSource } };
  }

  /** The answer to a question of a picture's view, with what has changed of the picture's state. */
  async ask(place: unknown, question: KernelQuestion): Promise<Answer> {
    const picture = this.#find((_, i) => i === place);
    const at = this.#pictures.indexOf(picture);
    const { content = {}, buffers = [] } = await picture.answer(question);
    const now = picture.stateNow();
    const before = this.#told[at] ?? {};
    const changed = Object.entries(now).filter(([key, value]) => !Object.is(before[key], value));
    this.#told[at] = now;
    const behind: Uint8Array[] = [];
    const change = travelling(Object.fromEntries(changed), behind);
    return {
      content: { answer: content, nAnswer: buffers.length, change },
      buffers: [...buffers, ...behind],
    };
  }

  #find(isWanted: (picture: Nestable, place: number) => boolean): Nestable {
    const found = this.#pictures.find(isWanted);
    if (found !== undefined) return found;
    throw new Error(
      `widget: expected one of the pictures ${this.#pictures.map(({ name }) => name).join(", ")}, got another. Reload the page.`,
    );
  }
}

function travelling(
  state: Readonly<Record<string, unknown>>,
  behind: Uint8Array[],
): TravellingState {
  const { state: plain, bufferPaths, buffers } = removeBuffers({ ...state });
  behind.push(...buffers);
  return { state: plain, paths: bufferPaths };
}
