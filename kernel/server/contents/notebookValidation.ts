import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { isObject, type JsonObject } from "./jsonObject.ts";
import type { Notebook } from "./notebookFormat.ts";
import { CELL_SCHEMAS, NOTEBOOK_SCHEMA, OUTPUT_SCHEMAS } from "./notebookSchema.ts";

/** The last minor version of format 4 whose form is known here. */
const KNOWN_MINOR = 5;

/** Characters of the part at fault that a message shows. */
const LONGEST_PART = 10_000;

const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
const compiled = new Map<object, ValidateFunction>();

/** Schemas take their time to compile: only what a notebook holds is. */
function validator(schema: object): ValidateFunction {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  return validate;
}

/**
 * What the notebook's format does not allow about it, in the words that a contents model carries as `message`, or null.
 * Such a notebook is opened and saved all the same: what a person wrote is not lost over a form.
 */
export function validateNotebook(notebook: Notebook): string | null {
  for (const [place, part, schema] of parts(notebook)) {
    const wrong = schema === null ? UNKNOWN_OUTPUT : firstError(schema, part, notebook);
    if (wrong === null) continue;
    const text = JSON.stringify(part, null, 1);
    const shown = text.length > LONGEST_PART ? `${text.slice(0, LONGEST_PART)}\n...` : text;
    return `Notebook validation failed: ${place}${wrong}:\n${shown}`;
  }
  return null;
}

const UNKNOWN_OUTPUT = `: expected output_type to be one of ${Object.keys(OUTPUT_SCHEMAS).join(", ")}, got another`;

function* parts(
  notebook: Notebook,
): Generator<[place: string, part: unknown, schema: object | null]> {
  yield ["notebook", { ...notebook, cells: [] }, NOTEBOOK_SCHEMA];
  for (const [index, cell] of notebook.cells.entries()) {
    yield [`cells[${index}]`, cell, CELL_SCHEMAS[cell.cell_type as keyof typeof CELL_SCHEMAS]];
    const outputs = Array.isArray(cell.outputs) ? (cell.outputs as JsonObject[]) : [];
    for (const [number, output] of outputs.entries()) {
      const type = isObject(output) ? output.output_type : undefined;
      const schema = OUTPUT_SCHEMAS[type as keyof typeof OUTPUT_SCHEMAS] ?? null;
      yield [`cells[${index}].outputs[${number}]`, output, schema];
    }
  }
}

function firstError(
  schema: object,
  part: unknown,
  { nbformat_minor: minor }: Notebook,
): string | null {
  const validate = validator(schema);
  if (validate(part)) return null;
  const error = (validate.errors ?? []).find((each) => isWrongIn(each, minor));
  if (error === undefined) return null;
  const { additionalProperty } = error.params as { additionalProperty?: string };
  const more = additionalProperty === undefined ? "" : ` (${additionalProperty})`;
  return `${error.instancePath.replaceAll("/", ".")} ${error.message}${more}`;
}

/** Front ends give a cell the id that it lacks. What a later version adds is not known here yet. */
function isWrongIn({ keyword, params }: ErrorObject, minor: number): boolean {
  if (keyword === "required") return params.missingProperty !== "id";
  return minor <= KNOWN_MINOR || keyword !== "additionalProperties";
}
