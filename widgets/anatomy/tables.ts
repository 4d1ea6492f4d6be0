import type { AnatomyPart, ModelAnatomy } from "../../engine/trace/schema.ts";
import { CLASS_NAMES } from "../cost/data.ts";
import type { Table } from "../render/table.ts";
import {
  layersText,
  operatorParameters,
  partName,
  SECTION_NAMES,
  shapeLetters,
  shapeNumbers,
  timesOf,
} from "./data.ts";

/** The numbers behind the picture: parts, operators and sites. */
export function anatomyTables(anatomy: ModelAnatomy): readonly Table[] {
  const { parts } = anatomy;
  const sites = parts.flatMap((part) => {
    const all = [...part.entering, ...part.operators.flatMap((operator) => operator.sites)];
    return all.map((site) => ({ part, site }));
  });
  return [
    {
      name: "parts",
      columns: [
        { name: "part", values: parts.map(partName) },
        { name: "title", values: parts.map(({ title }) => title) },
        { name: "times", values: parts.map(timesOf) },
        { name: "parameters of one", values: parts.map(({ parameters }) => parameters) },
        { name: "active of one", values: parts.map((part) => part.activeParameters) },
      ],
    },
    { name: "operators", columns: operatorColumns(anatomy) },
    {
      name: "sites",
      columns: [
        { name: "site", values: sites.map(({ site }) => site.name) },
        { name: "layers", values: sites.map(({ part }) => layersOf(part)) },
        { name: "dims", values: sites.map(({ site }) => site.dims.join(" ")) },
        { name: "shape", values: sites.map(({ site }) => site.shape.join(" ")) },
        { name: "meaning", values: sites.map(({ site }) => site.meaning) },
      ],
    },
  ];
}

/** Every operator of the model, those of layers that are built alike once. */
export function operatorColumns({ parts }: ModelAnatomy): Table["columns"] {
  const operators = parts.flatMap((part) => part.operators.map((operator) => ({ part, operator })));
  const counts = operators.map(({ operator }) => operatorParameters(operator));
  const writes = operators.map(({ operator }) => operator.writes[0]);
  return [
    { name: "part", values: operators.map(({ part }) => partName(part)) },
    { name: "section", values: operators.map(({ operator }) => SECTION_NAMES[operator.section]) },
    { name: "operator", values: operators.map(({ operator }) => operator.kind) },
    { name: "writes", values: writes.map((value) => value?.name ?? null) },
    { name: "shape", values: writes.map((value) => shapeLetters(value?.axes ?? [])) },
    { name: "sizes", values: writes.map((value) => shapeNumbers(value?.axes ?? [])) },
    { name: "class", values: operators.map(({ operator }) => CLASS_NAMES[operator.costClass]) },
    { name: "parameters of one layer", values: counts.map(({ parameters }) => parameters) },
    { name: "active of one layer", values: counts.map(({ active }) => active) },
    { name: "does", values: operators.map(({ operator }) => operator.does) },
  ];
}

function layersOf({ layers }: AnatomyPart): string | null {
  return layers.length === 0 ? null : layersText(layers);
}
