import type { Json } from "../protocol/messages.ts";

type Entry = [
  session: number,
  line: number,
  input: string | [input: string, output: string | null],
];

/** What was run in this kernel, for history_request. */
export class History {
  readonly #inputs: { line: number; input: string; output: string | null }[] = [];

  add(line: number, input: string): void {
    this.#inputs.push({ line, input, output: null });
  }

  setOutput(line: number, output: string): void {
    const entry = this.#inputs.findLast((candidate) => candidate.line === line);
    if (entry !== undefined) entry.output = output;
  }

  /** Answers history_request; sessions before this one are not kept, so `session` 0 alone has entries. */
  query(request: Json): Entry[] {
    let found = this.#inputs.filter(() => Number(request.session ?? 0) === 0);
    if (request.hist_access_type === "range") {
      const start = Number(request.start ?? 0);
      const stop = Number(request.stop ?? Number.POSITIVE_INFINITY);
      found = found.filter(({ line }) => line >= start && line < stop);
    } else {
      if (request.hist_access_type === "search") {
        const matches = globMatcher(String(request.pattern ?? "*"));
        found = found.filter(({ input }) => matches(input));
        if (request.unique === true) {
          found = [...new Map(found.map((entry) => [entry.input, entry])).values()];
        }
      }
      const count = Number(request.n ?? found.length);
      found = count > 0 ? found.slice(-count) : [];
    }
    return found.map(({ line, input, output }) => [
      0,
      line,
      request.output === true ? [input, output] : input,
    ]);
  }
}

/** `*` and `?` as in a shell. */
function globMatcher(pattern: string): (text: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^]*")
    .replaceAll("?", "[^]");
  const expression = new RegExp(`^${source}$`);
  return (text) => expression.test(text);
}
