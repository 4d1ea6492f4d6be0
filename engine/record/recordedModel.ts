import { modelAnatomy } from "../anatomy/modelAnatomy.ts";
import { ConfigError } from "../base/errors.ts";
import type { RunModel } from "../look/runModel.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import type { RunContent } from "./runContent.ts";

/** The model of a run that was loaded: what it is, and the texts of its ids, without weights and tokenizer. */
export class RecordedModel implements RunModel {
  readonly name: string;
  readonly location: string;
  readonly spec: RunModel["spec"];
  readonly record: RunModel["record"];
  readonly backend: RunModel["backend"];
  readonly dispose: () => void;
  readonly #texts: ReadonlyMap<number, string>;

  constructor(
    { model, backend }: RunContent,
    {
      location,
      texts,
      dispose,
    }: {
      readonly location: string;
      readonly texts: ReadonlyMap<number, string>;
      readonly dispose: () => void;
    },
  ) {
    this.name = model.name;
    this.location = location;
    this.spec = model.spec;
    this.record = model.record;
    this.backend = backend;
    this.dispose = dispose;
    this.#texts = texts;
  }

  get tokenizer(): Tokenizer {
    throw new ConfigError(
      "ERR_TOKENIZER_MISSING",
      `${this.name}: expected the model's tokenizer, got a record, which has the texts of ids alone. Load the model, or use tokenText.`,
    );
  }

  tokenText(id: number): string {
    return this.#texts.get(id) ?? `<id ${id}>`;
  }

  anatomy() {
    return modelAnatomy(this.name, this.spec);
  }
}
