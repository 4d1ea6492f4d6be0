import { escapeHtml } from "../../kernel/display/escapeHtml.ts";
import { DISPLAY, type Displayable, type MimeBundle } from "../../kernel/display/host.ts";
import type { AnswerRecord, CardState } from "./data.ts";
import { STYLES } from "./styles.ts";

const WORDS: Readonly<Record<CardState, string>> = {
  open: "Not answered yet",
  right: "Right",
  wrong: "Not yet",
};
const MARKS: Readonly<Record<CardState, string>> = { open: "○", right: "✓", wrong: "✗" };

/** What a cell shows of an answer: the question, whether the answer is right, and why. */
export class AnswerCard implements Displayable, AnswerRecord {
  readonly question: string;
  readonly state: CardState;
  readonly given: string | null;
  readonly reason: string;

  constructor({ question, state, given, reason }: AnswerRecord) {
    this.question = question;
    this.state = state;
    this.given = given;
    this.reason = reason;
  }

  /** The card in words, as pages without HTML show it. */
  toString(): string {
    const given = this.given === null ? "" : ` (answer: ${this.given})`;
    return `Exercise: ${this.question}\n${this.#verdict()}${given}`;
  }

  /** HTML that needs no kernel and no script, and reads well without its styles too. */
  [DISPLAY](): MimeBundle {
    const { question, state, given, reason } = this;
    const answer =
      given === null ? "" : ` <span class="vt-given"><code>${escapeHtml(given)}</code></span>`;
    const why = reason === "" ? "" : `<p class="vt-reason">${code(reason)}</p>`;
    return {
      "text/html": `<style>${STYLES}</style>
<div class="vt-exercise vt-exercise-${state}" role="group" aria-label="Exercise"><p class="vt-question">${code(question)}</p>
<div role="status"><p class="vt-verdict"><span aria-hidden="true">${MARKS[state]}</span> <strong>${WORDS[state]}</strong>${answer}</p>${why}</div></div>`,
      "text/plain": this.toString(),
    };
  }

  #verdict(): string {
    return this.reason === "" ? `${WORDS[this.state]}.` : `${WORDS[this.state]}: ${this.reason}`;
  }
}

/** Text as HTML, with `code` between backticks. */
function code(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, "<code>$1</code>");
}
