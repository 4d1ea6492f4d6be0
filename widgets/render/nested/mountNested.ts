import type { KernelReply } from "../../offline/packed.ts";
import { putBuffer, StateModel } from "../../offline/stateModel.ts";
import type { KernelQuestion } from "../askKernel.ts";
import { element } from "../element.ts";
import { importView } from "../importView.ts";

interface TravellingState {
  readonly state: Readonly<Record<string, unknown>>;
  readonly paths: readonly (readonly (string | number)[])[];
}

/** How a picture that is shown inside of another one reaches its kernel. */
export interface NestedLine {
  /** The states of all pictures. */
  open(): Promise<KernelReply>;
  view(name: string): Promise<KernelReply>;
  ask(picture: number, question: KernelQuestion): Promise<KernelReply>;
}

/** Asks through the picture around it. */
class NestedModel extends StateModel {
  readonly hasKernel = true;
  readonly isAnswered = true;
  readonly #ask: (question: KernelQuestion) => Promise<KernelReply>;

  constructor(
    state: Readonly<Record<string, unknown>>,
    ask: (question: KernelQuestion) => Promise<KernelReply>,
  ) {
    super(state);
    this.#ask = ask;
  }

  send(content: unknown): void {
    const question = content as KernelQuestion;
    this.#ask(question).then(
      ({ content: reply, buffers }) => {
        const { answer, nAnswer, change } = reply as unknown as {
          readonly answer: Readonly<Record<string, unknown>>;
          readonly nAnswer: number;
          readonly change: TravellingState;
        };
        const changed = arrived(change, buffers.slice(nAnswer));
        for (const [key, value] of Object.entries(changed)) this.set(key, value);
        this.fire("msg:custom", { ...answer, id: question.id }, buffers.slice(0, nAnswer));
      },
      (error: unknown) => {
        const said = error instanceof Error ? error.message : String(error);
        this.fire("msg:custom", { id: question.id, error: said });
      },
    );
  }
}

/**
 * Shows pictures inside of another one, as its kernel's `NestedPictures` has them. They stand below each other, and share their selection
 * where they are of one run.
 * @returns what ends them
 */
export async function mountNested(host: HTMLElement, line: NestedLine): Promise<() => void> {
  const { content, buffers } = await line.open();
  const { pictures } = content as unknown as {
    readonly pictures: readonly (TravellingState & { readonly name: string })[];
  };
  const ends: (() => void)[] = [];
  const endAll = (): void => {
    for (const end of ends) end();
    host.replaceChildren();
  };
  let used = 0;
  try {
    for (const [i, { name, ...travelling }] of pictures.entries()) {
      const own = buffers.slice(used, used + travelling.paths.length);
      used += own.length;
      const model = new NestedModel(arrived(travelling, own), (question) => line.ask(i, question));
      const view = await importView((await line.view(name)).content.source as string);
      const el = element("div", { class: "vt-nested" });
      host.append(el);
      ends.push(view.render({ model, el }));
    }
  } catch (error) {
    endAll();
    throw error;
  }
  return endAll;
}

function arrived(
  { state, paths }: TravellingState,
  buffers: readonly ArrayBuffer[],
): Record<string, unknown> {
  const whole = { ...state };
  paths.forEach((path, i) => {
    putBuffer(whole, path, buffers[i] ?? new ArrayBuffer(0));
  });
  return whole;
}
