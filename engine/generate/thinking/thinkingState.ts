import type { ThinkingMarks } from "./thinkingMarks.ts";
import type { ThoughtEnd } from "./thinkingOptions.ts";
import { askOnEnd, type ThinkingRules } from "./thinkingRules.ts";

/** How a generation has thought. */
export interface Thinking {
  /** Generated tokens of thinking, marks excluded. */
  readonly tokens: number;
  /** Who ended it last: the model, or the budget; "open": it goes on, or the text ended before; null: it never began. */
  readonly ended: "model" | "budget" | "open" | null;
  /** How often a text was put in the place of its end. */
  readonly extended: number;
}

/** A token that stands next. */
export interface PlacedToken {
  readonly id: number;
  /** Put there by a rule, not chosen. */
  readonly forced: boolean;
}

/** What a token is to thinking. */
export interface ThoughtToken extends PlacedToken {
  /** Between the marks of thinking, marks included; of a mark of several tokens the last. */
  readonly thinking: boolean;
  /** With this token. */
  readonly thought: Thinking;
}

/**
 * Follows a sequence into its thinking and out of it, and says where a rule goes before the choice. Each token goes through
 * `next` or `draw`, which say what stands there, and then through `take`.
 */
export class ThinkingState {
  readonly #rules: ThinkingRules | null;
  readonly #eosIds: readonly number[];
  /** The last ids, as many as open thinking. */
  #recent: number[];
  #isInside: boolean;
  #tokens = 0;
  #ended: Thinking["ended"];
  #extended = 0;
  /** Ids of the thinking that goes on. */
  #thought: number[] = [];
  /** What rules put there next. */
  #queue: number[] = [];
  #isClosing = false;
  #held: number | null = null;

  /** @param rules null: the model does not think in a form that shows */
  constructor(
    rules: ThinkingRules | null,
    {
      promptIds,
      eosIds,
    }: { readonly promptIds: readonly number[]; readonly eosIds: readonly number[] },
  ) {
    this.#rules = rules;
    this.#eosIds = eosIds;
    this.#isInside = rules !== null && endsInside(promptIds, rules.marks);
    this.#ended = this.#isInside ? "open" : null;
    this.#recent = rules === null ? [] : promptIds.slice(-rules.marks.open.length);
  }

  /** With the tokens taken so far. */
  get thought(): Thinking {
    return { tokens: this.#tokens, ended: this.#ended, extended: this.#extended };
  }

  /** Does a rule say what stands next? */
  get forces(): boolean {
    return this.#held !== null || this.#queue.length > 0 || this.#room <= 0;
  }

  /** Tokens that may be chosen before the budget says what stands next, as far as is known. */
  get free(): number {
    return this.forces ? 0 : this.#room;
  }

  /** What stands next where a rule says so; null: a token is to be drawn. @throws InputError ERR_THINKING by `onEnd` */
  async next(): Promise<PlacedToken | null> {
    const held = this.#held;
    this.#held = null;
    if (held !== null) return this.draw(held);
    if (this.#rules !== null && this.#room <= 0 && !this.#isClosing) {
      await askOnEnd(this.#rules, () => this.#end("budget"));
      this.#queue = [...this.#rules.marks.close];
      this.#isClosing = true;
    }
    const id = this.#queue.shift();
    return id === undefined ? null : { id, forced: true };
  }

  /** What stands in the place of a token that was drawn. @throws InputError ERR_THINKING by `onEnd` */
  async draw(id: number): Promise<PlacedToken> {
    if (this.#rules === null || !this.#isInside) return { id, forced: false };
    const { marks, extension } = this.#rules;
    const ends = id === marks.end;
    let instead: readonly number[] | null = null;
    if ((ends || this.#eosIds.includes(id)) && this.#extends) instead = extension;
    else if (ends) instead = await askOnEnd(this.#rules, () => this.#end("model"));
    const [first, ...others] = instead ?? [];
    if (first === undefined) return { id, forced: false };
    this.#extended += 1;
    this.#queue = others;
    return { id: first, forced: true };
  }

  /** Whether somebody is asked before a drawn token may stand there: such a one is drawn once all before it is certain. */
  asksAbout(id: number): boolean {
    if (this.#rules?.onEnd === undefined || !this.#isInside) return false;
    return id === this.#rules.marks.end && !this.#extends;
  }

  /** Keeps a drawn token for the next turn. */
  hold(id: number): void {
    this.#held = id;
  }

  /** The token stands there. */
  take({ id, forced }: PlacedToken): ThoughtToken {
    const wasInside = this.#isInside;
    if (this.#rules !== null && !this.#eosIds.includes(id))
      this.#follow(id, forced, this.#rules.marks);
    return { id, forced, thinking: wasInside || this.#isInside, thought: this.thought };
  }

  #follow(id: number, forced: boolean, { open, end }: ThinkingMarks): void {
    this.#recent = [...this.#recent, id].slice(-open.length);
    if (this.#isInside && id === end) {
      this.#isInside = false;
      this.#ended = forced ? "budget" : "model";
      this.#isClosing = false;
    } else if (this.#isInside) {
      this.#tokens += 1;
      this.#thought.push(id);
    } else if (isEqual(this.#recent, open)) {
      this.#isInside = true;
      this.#ended = "open";
      this.#thought = [];
    }
  }

  #end(ended: ThoughtEnd["ended"]): ThoughtEnd {
    return { tokens: this.#tokens, text: this.#rules?.decode(this.#thought) ?? "", ended };
  }

  /** Is an end that the model makes replaced? */
  get #extends(): boolean {
    const { minimum = 0, times = 0 } = this.#rules ?? {};
    return this.#tokens < minimum || this.#extended < times;
  }

  /** What the budget leaves. */
  get #room(): number {
    const { budget = Number.POSITIVE_INFINITY } = this.#rules ?? {};
    return this.#isInside ? budget - this.#tokens : Number.POSITIVE_INFINITY;
  }
}

/** Do these ids open thinking and not end it? */
function endsInside(ids: readonly number[], { open, end }: ThinkingMarks): boolean {
  for (let at = ids.length - open.length; at >= 0; at--)
    if (isEqual(ids.slice(at, at + open.length), open)) return !ids.includes(end, at + open.length);
  return false;
}

function isEqual(some: readonly number[], others: readonly number[]): boolean {
  return some.length === others.length && some.every((id, i) => id === others[i]);
}
