import {
  type CompletionHandler,
  type ICompletionContext,
  type ICompletionProviderManager,
  KernelCompleterProvider,
} from "@jupyterlab/completer";
import { Text } from "@jupyterlab/coreutils";

type Request = CompletionHandler.IRequest;
type Reply = CompletionHandler.ICompletionItemsReply;
type Change = Parameters<KernelCompleterProvider["shouldShowContinuousHint"]>[1];

/** What the kernel said after the menu had been shown without it. */
interface LateAnswer {
  readonly context: ICompletionContext;
  readonly request: Request;
  readonly reply: Reply;
}

/**
 * The kernel's names for the completer. JupyterLab drops an answer that takes longer than the provider's timeout and never
 * asks again: whoever had stopped typing by then was offered nothing. Here an answer that is late is shown late, if the
 * cursor still stands where it was asked for.
 */
export class PatientKernelProvider extends KernelCompleterProvider {
  readonly #manager: ICompletionProviderManager;
  readonly #timeoutMs: () => number;
  #late: LateAnswer | null = null;
  /** Whether the open menu may lack names of the kernel that fit what is typed next. */
  #isPartial = false;

  /** @param timeoutMs how long JupyterLab waits for a provider */
  constructor(manager: ICompletionProviderManager, timeoutMs: () => number) {
    super();
    this.#manager = manager;
    this.#timeoutMs = timeoutMs;
  }

  override async fetch(request: Request, context: ICompletionContext): Promise<Reply> {
    const late = this.#late;
    this.#late = null;
    if (late !== null && late.context.editor === context.editor && isSame(late.request, request)) {
      return late.reply;
    }
    this.#isPartial = true;
    let isLate = false;
    const answer = super.fetch(request, context).then((reply) => {
      if (isWhereAsked(context, request)) {
        // A menu that was asked for where no name had begun closes at the first character.
        this.#isPartial = reply.start === reply.end;
        if (isLate) this.#showLate({ request, context, reply });
      }
      return reply;
    });
    // Begun before JupyterLab's own, and so never behind it: no answer falls between the two.
    const nothing = new Promise<Reply>((resolve) => {
      setTimeout(() => {
        isLate = true;
        resolve({ start: request.offset, end: request.offset, items: [] });
      }, this.#timeoutMs());
    });
    return Promise.race([answer, nothing]);
  }

  /** JupyterLab asks nothing while the menu is open; one without the kernel's names must not keep them away. */
  override shouldShowContinuousHint(
    isVisible: boolean,
    changed: Change,
    context?: ICompletionContext,
  ): boolean {
    return super.shouldShowContinuousHint(isVisible && !this.#isPartial, changed, context);
  }

  #showLate(answer: LateAnswer): void {
    if (answer.reply.items.length === 0) return;
    this.#late = answer;
    // The menu that is open, with what others knew, makes way: while there is one, none can be asked for.
    const { context } = answer;
    void this.#manager.updateCompleter(context).then(() => this.#manager.invoke(context.widget.id));
  }
}

const isSame = (a: Request, b: Request): boolean => a.text === b.text && a.offset === b.offset;

function isWhereAsked({ editor }: ICompletionContext, { text, offset }: Request): boolean {
  if (!editor || editor.isDisposed || !editor.host.contains(document.activeElement)) return false;
  const now = editor.model.sharedModel.getSource();
  const at = Text.jsIndexToCharIndex(editor.getOffsetAt(editor.getCursorPosition()), now);
  return now === text && at === offset;
}
