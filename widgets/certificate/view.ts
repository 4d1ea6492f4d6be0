import type { AfmView, RenderContext } from "../render/afm.ts";
import { dataTable } from "../render/dataTable.ts";
import { element } from "../render/element.ts";
import { createShell } from "../render/shell.ts";
import { accuracyText, type CertificateState, factsOf, reading } from "./data.ts";
import { STYLES } from "./styles.ts";

function render({ model, el }: RenderContext): () => void {
  const record = model.get("record") as CertificateState["record"];
  const { about, arms } = record;
  const facts = factsOf(record);
  const shell = createShell({
    ...{ el, model },
    picture: "certificate",
    title: "Certificate",
    subtitle: `${about.model} on ${about.task}`,
    description: `what was evaluated, on what, and how ${about.model} did on ${about.task}`,
    styles: STYLES,
    redraw: () => undefined, // nothing is drawn to measure
  });
  const table = dataTable({
    caption: () => "Replies of each arm, counted (measured)",
    columns: () => [
      { label: "arm", isNumber: false },
      ...["right", "wrong", "cut"].map((label) => ({ label, isNumber: true })),
      { label: "accuracy, 95 % interval", isNumber: true },
    ],
    nRows: () => arms.length,
    row: (i) => {
      const arm = arms[i];
      if (arm === undefined) return [];
      return [arm.name, ...[arm.right, arm.wrong, arm.cut].map(String), accuracyText(arm)];
    },
  });
  shell.actions.append(table.toggle);
  shell.body.append(
    element(
      "dl",
      { class: "vt-certificate" },
      ...facts.flatMap(({ term, text, isCode }) => [
        element("dt", {}, term),
        element("dd", { class: isCode ? "vt-mono" : "" }, text),
      ]),
    ),
    table.element,
    element("p", { class: "vt-note" }, reading(record.about)),
  );
  table.toggle.click(); // the counts are the point
  return () => shell.destroy();
}

export default { render } satisfies AfmView;
