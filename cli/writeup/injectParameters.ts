import { InputError } from "../../engine/base/errors.ts";
import type { JsonObject } from "../../kernel/server/contents/jsonObject.ts";
import type { Notebook } from "../../kernel/server/contents/notebookFormat.ts";
import { hasTag, sourceOf } from "./cells.ts";
import { type Parameter, readParameters, typeText } from "./parameters.ts";
import { parameterValue } from "./parameterValue.ts";

const DECLARES = "parameters";
/** The tag that papermill gives to the cell that it writes. */
const INJECTED = "injected-parameters";

/**
 * The notebook with a cell that declares the given parameters anew, behind the one that declares them all. One that an earlier run
 * put there is replaced.
 * @param settings texts by name, as a command line has them
 * @throws InputError ERR_PARAMETER for a name that no cell declares, or a value of another type
 */
export function injectParameters(
  notebook: Notebook,
  settings: ReadonlyMap<string, string>,
): Notebook {
  if (settings.size === 0) return notebook;
  const cells = notebook.cells.filter((cell) => !hasTag(cell, INJECTED));
  const place = cells.findIndex((cell) => cell.cell_type === "code" && hasTag(cell, DECLARES));
  const [first = ""] = settings.keys();
  if (place < 0)
    throw new InputError(
      "ERR_PARAMETER",
      `run: expected a code cell with the tag "${DECLARES}" for --set ${first}, got none. Give that tag to the cell that declares the parameters.`,
    );
  const declared = readParameters(sourceOf(cells[place] as JsonObject));
  const lines = [...settings].map(([name, text]) => {
    const parameter = declared.find((each) => each.name === name);
    if (parameter === undefined) throw unknown(name, declared);
    return declaration(parameter, parameterValue(parameter, text));
  });
  const injected: JsonObject = {
    cell_type: "code",
    ...(notebook.nbformat_minor >= 5 ? { id: freeId(cells) } : {}),
    ...{ metadata: { tags: [INJECTED] }, execution_count: null, outputs: [] },
    source: lines.join("\n"),
  };
  return {
    ...notebook,
    cells: [...cells.slice(0, place + 1), injected, ...cells.slice(place + 1)],
  };
}

function declaration({ name, keyword, annotation }: Parameter, value: unknown): string {
  return `${keyword} ${name}${annotation === null ? "" : `: ${annotation}`} = ${JSON.stringify(value)};`;
}

function unknown(name: string, declared: readonly Parameter[]): InputError {
  const list = declared.map((each) => `${each.name}: ${typeText(each.type)}`).join(", ");
  return new InputError(
    "ERR_PARAMETER",
    `run: expected --set of a declared parameter (${list === "" ? "there is none" : list}), got ${name}. Choose one of them, or declare it in the cell with the tag "${DECLARES}".`,
  );
}

/** An id that depends on nothing but the notebook, so that the same run writes the same file. */
function freeId(cells: readonly JsonObject[]): string {
  let id = INJECTED;
  for (let n = 2; cells.some((cell) => cell.id === id); n++) id = `${INJECTED}-${n}`;
  return id;
}
