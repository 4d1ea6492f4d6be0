import { extname } from "node:path";
import { replaceFiles } from "../../../engine/base/replaceFiles.node.ts";
import { WriteFault } from "../../../engine/base/writeFault.ts";
import { checkOptions, type OptionNames } from "../../../kernel/display/checkOptions.ts";
import { svgAsPng } from "./svgAsPng.ts";

/** What belongs to saving a picture. */
export interface SaveOptions {
  /** Which table of numbers, where there are several. */
  readonly table?: string;
}

const SAVE_OPTIONS: OptionNames<SaveOptions> = { table: true };

/** What a picture gives to be saved. */
interface Source {
  readonly name: string;
  tableNames(): Promise<readonly string[]>;
  toSvg(): Promise<string>;
  toHtml(): Promise<string>;
  toCsv(table?: string): Promise<string>;
  toParquet(table?: string): Promise<Uint8Array>;
}

const FORMS: Readonly<
  Record<string, (source: Source, table?: string) => Promise<string | Uint8Array>>
> = {
  ".svg": (source) => source.toSvg(),
  ".png": async (source) => svgAsPng(source.name, await source.toSvg()),
  ".html": (source) => source.toHtml(),
  ".csv": (source, table) => source.toCsv(table),
  ".parquet": (source, table) => source.toParquet(table),
};
const HAS_TABLE = [".csv", ".parquet"];

/**
 * Writes a file in the form that its name ends with: whole, or not at all.
 * @throws Error that names the file and the reason
 */
export async function savePicture(
  source: Source,
  path: string,
  options: SaveOptions,
): Promise<void> {
  checkOptions(`${source.name}.save`, options, SAVE_OPTIONS);
  const ending = extname(path).toLowerCase();
  const form = FORMS[ending];
  if (form === undefined)
    throw new Error(
      `${source.name}.save: expected a file that ends with ${Object.keys(FORMS).join(", ")}, got ${JSON.stringify(path)}. Name it so.`,
    );
  await checkTable(source, path, ending, options);
  const content = await form(source, options.table);
  try {
    await replaceFiles(new Map([[path, content]]));
  } catch (fault) {
    if (!(fault instanceof WriteFault)) throw fault;
    throw new Error(
      `${source.name}.save: ${fault.message}. ${fault.fix}, or choose another path.`,
      {
        cause: fault.cause,
      },
    );
  }
}

async function checkTable(
  source: Source,
  path: string,
  ending: string,
  { table }: SaveOptions,
): Promise<void> {
  if (!HAS_TABLE.includes(ending)) {
    if (table === undefined) return;
    throw new Error(
      `${source.name}.save: expected a table for ${HAS_TABLE.join(" or ")} alone, got one for ${JSON.stringify(path)}. Leave it out.`,
    );
  }
  const names = await source.tableNames();
  if (table === undefined && names.length > 1)
    throw new Error(
      `${source.name}.save: expected one of the tables ${names.join(", ")} for ${JSON.stringify(path)}, got none chosen. Write save(${JSON.stringify(path)}, { table: ${JSON.stringify(names[0])} }).`,
    );
}
