/**
 * Writes kernel/display/controls/schemaControls.ts: a typed class for each control of ipywidgets, from the specification
 * that ipywidgets publishes.
 *   tsx scripts/generateControls.ts
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { inRepository } from "./build/repository.ts";

interface Attribute {
  readonly name: string;
  readonly type: string | readonly string[];
  readonly default: unknown;
  readonly help: string;
  readonly enum?: readonly string[];
  readonly allow_none?: boolean;
  readonly widget?: string;
  readonly items?: Omit<Attribute, "name" | "help" | "default">;
}
interface Widget {
  readonly attributes: readonly Attribute[];
  readonly model: { readonly module: string; readonly version: string; readonly name: string };
  readonly view: { readonly module: string; readonly name: string | null };
}

const OUTPUT = "kernel/display/controls/schemaControls.ts";
/** Base classes; game pads, which no kernel has asked for; links inside the page: controls/link.ts links in the kernel. */
const LEFT_OUT = /^(DOMWidget|Controller.*|DirectionalLink|Link)$/;
/** Classes that ipywidgets calls otherwise than their models. */
const RENAMED: Readonly<Record<string, string>> = {
  Datetime: "DatetimePicker",
  NaiveDatetime: "NaiveDatetimePicker",
  Time: "TimePicker",
};
/** Controls that controls/*.ts builds upon: their class here is called `<Name>Base`. */
const EXTENDED = new Set([
  "Button",
  "Dropdown",
  "Output",
  "RadioButtons",
  "Select",
  "SelectionRangeSlider",
  "SelectionSlider",
  "SelectMultiple",
  "Tab",
  "Text",
  "ToggleButtons",
]);

const PRIMITIVES: Readonly<Record<string, string>> = {
  int: "number",
  float: "number",
  bool: "boolean",
  string: "string",
  bytes: "BinaryBuffer",
  object: "Readonly<Record<string, unknown>>",
  Date: "Date",
  Datetime: "Date",
  Time: "string",
};
/** Exports of controls/wireForms.ts. */
const FORMS: Readonly<Record<string, string>> = {
  Date: "dateForm",
  Datetime: "datetimeForm",
  NaiveDatetime: "naiveDatetimeForm",
  Time: "timeForm",
};

function typeOf({
  type,
  widget,
  items,
  ...rest
}: Omit<Attribute, "name" | "help" | "default">): string {
  if (rest.enum) return rest.enum.map((choice) => JSON.stringify(choice)).join(" | ");
  if (type === "reference")
    return widget === undefined || widget === "Widget" ? "WidgetModel<object>" : widget;
  if (type === "array") return `readonly ${wrapped(items ? typeOf(items) : "unknown")}[]`;
  const names = typeof type === "string" ? [type] : type;
  return [...new Set(names.map((name) => PRIMITIVES[name] ?? "unknown"))].join(" | ");
}

const wrapped = (type: string): string => (type.includes("|") ? `(${type})` : type);

/** Name of the wire form of an attribute; the schema tells moments from what clocks show by the model alone. */
function formOf(model: string, type: Attribute["type"]): string | undefined {
  return type === "Datetime" ? FORMS[model] : FORMS[String(type)];
}

function classOf({ attributes, model, view }: Widget): string {
  const modelName = model.name.replace(/Model$/, "");
  const name = RENAMED[modelName] ?? modelName;
  const own = attributes.filter(({ name: key }) => !/^_(model|view)_/.test(key));
  const parts = own.filter(({ type }) => type === "reference");
  const members = own.map((attribute) => {
    const { name: key, help, allow_none: isNullable } = attribute;
    const isNull = isNullable || (attribute.default === null && attribute.type !== "reference");
    const doc = help === "" ? "" : `/** ${help.replaceAll("*/", "* /")} */\n`;
    return `${doc}${key}: ${typeOf(attribute)}${isNull ? " | null" : ""};`;
  });
  const value = (attribute: Attribute): string =>
    attribute.type === "bytes" ? "new Uint8Array(0)" : JSON.stringify(attribute.default);
  const defaults = own.map((attribute) =>
    attribute.type === "reference"
      ? `${attribute.name}: null`
      : `${attribute.name}: ${value(attribute)}`,
  );
  const forms = own.flatMap(({ name: key, type }) => {
    const form = formOf(modelName, type);
    return form ? [`${key}: ${form}`] : [];
  });
  const className = EXTENDED.has(name) ? `${name}Base` : name;
  return `${EXTENDED.has(name) ? "export " : ""}interface ${name}State {
${members.join("\n")}
}
export const ${className} = controlClass<${name}State>({
  module: ${JSON.stringify(model.module)},
  version: ${JSON.stringify(model.version)},
  model: ${JSON.stringify(model.name)},
  view: ${JSON.stringify(view.name)},${view.module === model.module ? "" : `viewModule: ${JSON.stringify(view.module)},`}
  defaults: { ${defaults.join(", ")} },
  parts: { ${parts.flatMap(({ name: key, widget }) => (widget ? [`${key}: ${widget}`] : [])).join(", ")} },${forms.length > 0 ? `\n  forms: { ${forms.join(", ")} },` : ""}
});
export type ${className} = InstanceType<typeof ${className}>;
`;
}

const require = createRequire(import.meta.url);
const specification = JSON.parse(
  readFileSync(require.resolve("@jupyter-widgets/schema/jupyterwidgetmodels.latest.json"), "utf8"),
) as readonly Widget[];
const nameOf = ({ model }: Widget): string => model.name.replace(/Model$/, "");
const isPart = (widget: Widget): boolean => /^Layout$|Style$/.test(nameOf(widget));
const chosen = specification.filter((widget) => !LEFT_OUT.test(nameOf(widget)));
const ordered = [...chosen.filter(isPart), ...chosen.filter((widget) => !isPart(widget))];

writeFileSync(
  inRepository(OUTPUT),
  `// Written by scripts/generateControls.ts from @jupyter-widgets/schema; keys are named as there.
import type { BinaryBuffer } from "../host.ts";
import type { WidgetModel } from "../widgetModel.ts";
import { controlClass } from "./control.ts";
import { ${Object.values(FORMS).join(", ")} } from "./wireForms.ts";

${ordered.map(classOf).join("\n")}`,
);
const biome = require.resolve("@biomejs/biome/bin/biome");
const { status } = spawnSync(process.execPath, [biome, "format", "--write", inRepository(OUTPUT)], {
  stdio: "inherit",
});
process.exitCode = status ?? 1;
