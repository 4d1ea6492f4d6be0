import type { Page } from "playwright-core";
import { until } from "../fixtures/until.ts";

/** The kernel's answers of one kind, kept from the page until they are let go. */
export class HeldAnswers {
  readonly #type: string;
  readonly #release: (() => void)[] = [];
  readonly #questions: string[] = [];
  #isHolding = false;

  /** To be made before the page is opened. @param type `complete` for complete_request and its replies */
  static async of(page: Page, type: string): Promise<HeldAnswers> {
    const held = new HeldAnswers(type);
    await page.routeWebSocket(/\/channels\b/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((message) => {
        held.#note(String(message));
        server.send(message);
      });
      server.onMessage((message) => {
        if (held.#isHolding && held.#isOf("reply", String(message))) {
          held.#release.push(() => socket.send(message));
        } else socket.send(message);
      });
    });
    return held;
  }

  private constructor(type: string) {
    this.#type = type;
  }

  hold(): void {
    this.#isHolding = true;
    this.#questions.length = 0;
  }

  /** Waits until the page has asked about a cell that ends with this text, and every answer so far is there to be held. */
  async asked(ending: string): Promise<void> {
    const end = JSON.stringify(ending).slice(1);
    await until(
      `a question about ${ending}`,
      () =>
        this.#questions.some((text) => text.includes(end)) &&
        this.#release.length === this.#questions.length,
    );
  }

  /** Hands over what was held, in the order in which it came, and holds nothing any more. */
  letGo(): void {
    this.#isHolding = false;
    for (const release of this.#release.splice(0)) release();
  }

  #note(message: string): void {
    if (!this.#isHolding || !this.#isOf("request", message)) return;
    this.#questions.push(message);
  }

  #isOf(direction: "request" | "reply", message: string): boolean {
    return new RegExp(`"msg_type": ?"${this.#type}_${direction}"`).test(message);
  }
}
