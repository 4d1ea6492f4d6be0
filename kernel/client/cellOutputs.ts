import { isObject, type JsonObject } from "../server/contents/jsonObject.ts";

/** An output as notebook format 4 has it. */
export type CellOutput = JsonObject & { readonly output_type: string };

/** Collects what one execution shows, as a front end does that saves it. */
export class CellOutputs {
  readonly #outputs: CellOutput[] = [];
  /** The place of what was shown with an id that can be updated. */
  readonly #displays = new Map<string, number[]>();
  #clearsNext = false;

  /** The outputs in the order in which they came. */
  get outputs(): readonly CellOutput[] {
    return this.#outputs;
  }

  /** Takes a message of iopub that answers the execution; of what is no output it takes no notice. */
  take(type: string, content: JsonObject): void {
    if (type === "clear_output") {
      if (content.wait === true) this.#clearsNext = true;
      else this.#clear();
      return;
    }
    const output = outputOf(type, content);
    if (output === null) return;
    if (this.#clearsNext) this.#clear();
    const last = this.#outputs.at(-1);
    if (type === "stream" && last?.output_type === "stream" && last.name === output.name) {
      this.#outputs[this.#outputs.length - 1] = { ...last, text: `${last.text}${output.text}` };
      return;
    }
    this.#outputs.push(output);
    const id = displayId(content);
    if (id === null) return;
    this.#displays.set(id, [...(this.#displays.get(id) ?? []), this.#outputs.length - 1]);
  }

  /** Puts new data in the place of all that was shown with the id of `update_display_data`. */
  update(content: JsonObject): void {
    const { data = {}, metadata = {} } = content;
    for (const place of this.#displays.get(displayId(content) ?? "") ?? []) {
      const shown = this.#outputs[place];
      if (shown !== undefined) this.#outputs[place] = { ...shown, data, metadata };
    }
  }

  #clear(): void {
    this.#outputs.length = 0;
    this.#displays.clear();
    this.#clearsNext = false;
  }
}

function displayId({ transient }: JsonObject): string | null {
  const id = isObject(transient) ? transient.display_id : undefined;
  return typeof id === "string" ? id : null;
}

function outputOf(type: string, content: JsonObject): CellOutput | null {
  const { name, text, data = {}, metadata = {}, ename, evalue, traceback } = content;
  switch (type) {
    case "stream":
      return { output_type: type, name, text };
    case "display_data":
      return { output_type: type, data, metadata };
    case "execute_result":
      return {
        output_type: type,
        data,
        metadata,
        execution_count: content.execution_count ?? null,
      };
    case "error":
      return { output_type: type, ename, evalue, traceback };
    default:
      return null;
  }
}
