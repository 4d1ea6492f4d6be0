import { type Table, wholeColumn } from "../render/table.ts";
import { type CertificateRecord, factsOf } from "./data.ts";

/** Every arm's counts and its accuracy; what else the certificate says. */
export function certificateTables(record: CertificateRecord): Table[] {
  const { arms } = record;
  const facts = factsOf(record);
  const whole = (name: "right" | "wrong" | "cut") =>
    wholeColumn(name, arms.length, (row) => arms[row]?.[name] ?? -1);
  return [
    {
      name: "arms",
      columns: [
        { name: "arm", values: arms.map(({ name }) => name) },
        ...[whole("right"), whole("wrong"), whole("cut")],
        { name: "accuracy", values: Float64Array.from(arms, ({ accuracy }) => accuracy) },
        { name: "low", values: arms.map(({ low }) => low) },
        { name: "high", values: arms.map(({ high }) => high) },
        { name: "interval", values: arms.map(({ method }) => method) },
      ],
    },
    {
      name: "facts",
      columns: [
        { name: "fact", values: facts.map(({ term }) => term) },
        { name: "text", values: facts.map(({ text }) => text) },
      ],
    },
  ];
}
