/**
 * Notebook format 4.5 in JSON Schema, one for each kind of part, so that what is wrong with a cell is said of that kind
 * alone.
 * @see https://nbformat.readthedocs.io/en/latest/format_description.html
 */

type Schema = Readonly<Record<string, unknown>>;

const object = (
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = Object.keys(properties),
): Schema => ({ type: "object", properties, required, additionalProperties: false });

/** An object that may also hold what the format does not name. */
const open = (
  properties: Readonly<Record<string, Schema>> = {},
  required: readonly string[] = [],
): Schema => ({ type: "object", properties, required });

const text: Schema = { type: "string" };
const flag: Schema = { type: "boolean" };
const lines: Schema = { type: ["string", "array"], items: text };
const count: Schema = { type: ["integer", "null"], minimum: 0 };
const bundle: Schema = {
  type: "object",
  patternProperties: { "^application/(.*\\+)?json$": {} },
  additionalProperties: lines,
};

const names = {
  name: { type: "string", minLength: 1 },
  tags: { type: "array", uniqueItems: true, items: { type: "string", pattern: "^[^,]+$" } },
};
const id: Schema = { type: "string", pattern: "^[a-zA-Z0-9-_]+$", minLength: 1, maxLength: 64 };
const attachments: Schema = { type: "object", additionalProperties: bundle };

/** A cell of words, as against code. */
const prose = (metadata: Schema): Schema =>
  object({ id, cell_type: text, metadata, attachments, source: lines }, [
    "id",
    "cell_type",
    "metadata",
    "source",
  ]);

/** By `cell_type`. */
export const CELL_SCHEMAS = {
  raw: prose(open({ ...names, format: text, jupyter: open() })),
  markdown: prose(open({ ...names, jupyter: open() })),
  code: object({
    id,
    cell_type: text,
    metadata: open({
      ...names,
      jupyter: open(),
      execution: { type: "object", additionalProperties: text },
      collapsed: flag,
      scrolled: { enum: [true, false, "auto"] },
    }),
    source: lines,
    outputs: { type: "array" },
    execution_count: count,
  }),
} as const;

/** By `output_type`. */
export const OUTPUT_SCHEMAS = {
  execute_result: object({
    output_type: text,
    execution_count: count,
    data: bundle,
    metadata: open(),
  }),
  display_data: object({ output_type: text, data: bundle, metadata: open() }),
  stream: object({ output_type: text, name: text, text: lines }),
  error: object({
    output_type: text,
    ename: text,
    evalue: text,
    traceback: { type: "array", items: text },
  }),
} as const;

/** Everything but the cells. */
export const NOTEBOOK_SCHEMA = object({
  metadata: open({
    kernelspec: open({ name: text, display_name: text }, ["name", "display_name"]),
    language_info: open(
      {
        name: text,
        codemirror_mode: { type: ["string", "object"] },
        file_extension: text,
        mimetype: text,
        pygments_lexer: text,
      },
      ["name"],
    ),
    orig_nbformat: { type: "integer", minimum: 1 },
    title: text,
    authors: { type: "array" },
  }),
  nbformat_minor: { type: "integer", minimum: 0 },
  nbformat: { const: 4 },
  cells: { type: "array" },
});
