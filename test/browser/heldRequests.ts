import type { Page, Route } from "playwright-core";
import { until } from "../fixtures/until.ts";

/** Requests of the page of one kind, kept from the server until they are let go. Polls and repetitions are kept too. */
export class HeldRequests {
  readonly #page: Page;
  readonly #pattern: RegExp;
  readonly #held: Route[] = [];
  #isHolding = true;
  #nAsked = 0;

  /** @param pattern of the address */
  static async of(page: Page, method: string, pattern: RegExp): Promise<HeldRequests> {
    const held = new HeldRequests(page, pattern);
    await page.route(pattern, async (route) => {
      if (route.request().method() !== method) return await route.fallback();
      held.#nAsked++;
      if (held.#isHolding) held.#held.push(route);
      else await route.fallback();
    });
    return held;
  }

  private constructor(page: Page, pattern: RegExp) {
    this.#page = page;
    this.#pattern = pattern;
  }

  /** How many the page has made, held or not. */
  get nAsked(): number {
    return this.#nAsked;
  }

  /** Waits until the page has made one. */
  async asked(): Promise<void> {
    await until(`a request for ${this.#pattern}`, () => this.#nAsked > 0);
  }

  /** Hands over what was held, in the order in which it came, and holds nothing any more. */
  async letGo(): Promise<void> {
    this.#isHolding = false;
    for (const route of this.#held.splice(0)) await route.fallback();
  }

  /** Answers what was held with this status, and holds nothing any more. */
  async fail(status: number): Promise<void> {
    this.#isHolding = false;
    const json = { message: "the answer of a test", traceback: "" };
    for (const route of this.#held.splice(0)) await route.fulfill({ status, json });
  }

  async end(): Promise<void> {
    await this.letGo();
    await this.#page.unroute(this.#pattern);
  }
}
