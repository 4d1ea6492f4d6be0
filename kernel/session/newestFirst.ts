import { nextTurn } from "../language/nextTurn.ts";

/**
 * Questions that are asked faster than they are answered, as when somebody types: the newest is answered first, since only
 * its answer is still of use, and the others after it. None is left out.
 */
export class NewestFirst<Question> {
  readonly #answer: (question: Question) => void;
  readonly #waiting: Question[] = [];

  constructor(answer: (question: Question) => void) {
    this.#answer = answer;
  }

  add(question: Question): void {
    this.#waiting.push(question);
    // What has arrived by now and is still to be handed over comes before anything is answered.
    if (this.#waiting.length === 1) void nextTurn().then(this.#next);
  }

  readonly #next = (): void => {
    const question = this.#waiting.pop() as Question;
    if (this.#waiting.length > 0) void nextTurn().then(this.#next);
    this.#answer(question);
  };
}
