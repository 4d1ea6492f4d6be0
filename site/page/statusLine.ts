import { element } from "../../widgets/render/element.ts";
import type { LiveRun, LoadProgress, ReadyModel } from "../messages.ts";

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** The parts of the page that say how things stand. */
interface StatusParts {
  readonly status: HTMLElement;
  readonly progress: HTMLProgressElement;
  readonly device: HTMLElement;
  readonly failure: HTMLElement;
  readonly offers: HTMLElement;
}

/** A way on after a failure. */
export interface Offer {
  readonly label: string;
  readonly take: () => void;
}

/** Says how the download, the model and its runs stand. */
export class StatusLine {
  readonly #parts: StatusParts;
  #contextLength = Number.POSITIVE_INFINITY;

  constructor(parts: StatusParts) {
    this.#parts = parts;
  }

  /** @param text one sentence, which screen readers say too */
  say(text: string): void {
    this.#parts.status.textContent = text;
  }

  /** The bar moves with every part; the sentence changes by tenths, so that screen readers are not flooded. */
  load({ stage, done, total }: LoadProgress): void {
    const { progress, status } = this.#parts;
    progress.hidden = false;
    progress.max = total;
    progress.value = done;
    const tenths = Math.floor((10 * done) / total) * 10;
    const text =
      stage === "download"
        ? `Fetching the model: ${tenths} % of ${megabytes(total)} MB.`
        : "Putting the weights on the device.";
    if (status.textContent !== text) this.say(text);
  }

  ready({ name, nParameters, contextLength, backend, device, reason }: ReadyModel): void {
    const { progress } = this.#parts;
    this.#contextLength = contextLength;
    progress.hidden = true;
    this.say(`${name} is there: ${megabytes(nParameters)} million parameters.`);
    this.device(`${backend === "webgpu" ? "WebGPU: " : ""}${device}; ${reason}.`);
  }

  /** What computes, in words. */
  device(text: string): void {
    this.#parts.device.textContent = text;
  }

  ran({ nTokens, durationMs, generated }: LiveRun): void {
    const ms = Math.round(durationMs);
    if (generated === null) {
      this.say(`Ran ${nTokens} ${nTokens === 1 ? "token" : "tokens"} in ${ms} ms.`);
      return;
    }
    const { nTokens: n, finishReason } = generated;
    const perSecond = durationMs > 0 ? Math.round((1000 * n) / durationMs) : 0;
    const isFull = nTokens >= this.#contextLength;
    const end = isFull ? `its context of ${nTokens} tokens is full` : endOf(finishReason);
    this.say(
      `Generated ${n} ${n === 1 ? "token" : "tokens"} in ${ms} ms, ${perSecond} a second; ${end}. The pictures are of the whole text.`,
    );
  }

  /** A refusal in the engine's words, with ways on as buttons; null takes it away. */
  fail(message: string | null, offers: readonly Offer[] = []): void {
    const { failure, progress, offers: place } = this.#parts;
    place.hidden = offers.length === 0;
    place.replaceChildren(
      ...offers.map(({ label, take }) => {
        const button = element("button", { type: "button" }, label);
        button.addEventListener("click", take);
        return button;
      }),
    );
    failure.textContent = message ?? "";
    failure.hidden = message === null;
    if (message !== null) progress.hidden = true;
  }
}

function endOf(finishReason: string): string {
  if (finishReason === "stop") return "the model ended it";
  return finishReason === "aborted" ? "it was stopped" : "no more were asked for";
}
