import { Dict } from "./containers.ts";
import { dumpJson } from "./json.ts";

/**
 * The arguments of a call, which some families' templates iterate over or write with tojson, and others join to a text. It is
 * a dict where it is used as one, and its JSON where it is written out or joined.
 */
export class ToolArguments extends Dict {
  /** Were they given as text? Templates that ask `is string` then write that. */
  readonly isText: boolean;
  readonly #json: string | null;

  /** @param json as the model wrote it; null where that is not known */
  constructor(values: Dict, json: string | null) {
    super(values.entries);
    this.isText = json !== null;
    this.#json = json;
  }

  override toText(): string {
    return this.asText;
  }

  override get asText(): string {
    return this.#json ?? dumpJson(this);
  }
}
