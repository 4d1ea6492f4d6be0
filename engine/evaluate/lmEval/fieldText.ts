import { fromJs } from "../../template/jinja/fromJs.ts";
import { JinjaTemplate } from "../../template/jinja/jinjaTemplate.ts";
import type { SampleData } from "../task.ts";
import { wrongTaskFile } from "./wrongTaskFile.ts";

/** A value of a sample, or what a template makes of it. */
export type FieldText = (sample: SampleData) => unknown;

/**
 * What a field such as doc_to_text says: the name of a column, or a template of Jinja without trim_blocks and lstrip_blocks, in which a
 * name that is not there is an error.
 * @throws InputError ERR_TASK, also when a sample does not render
 */
export function fieldText(place: string, written: string, columns: ReadonlySet<string>): FieldText {
  if (columns.has(written)) return (sample) => sample[written];
  const template = compiled(place, written);
  return (sample) => {
    try {
      return template.render(Object.entries(sample).map(([name, it]) => [name, fromJs(it)]));
    } catch (cause) {
      throw wrongTaskFile(
        place,
        `a template for samples with the fields ${Object.keys(sample).join(", ")}`,
        (cause as Error).message,
        "Correct the template, or rename the fields.",
      );
    }
  };
}

function compiled(place: string, written: string): JinjaTemplate {
  try {
    return new JinjaTemplate(withItsSpaces(written), { isStrict: true });
  } catch (cause) {
    throw wrongTaskFile(
      place,
      "a column, or a template of Jinja",
      (cause as Error).message,
      "Correct it.",
    );
  }
}

/** The same template for a reader that drops white space around blocks, and the last line break. */
function withItsSpaces(template: string): string {
  const blocks = template.replace(
    /\{([%#])([-+]?)(.*?)([-+]?)\1\}/gs,
    (_, kind, open, inside, close) => `{${kind}${open || "+"}${inside}${close || "+"}${kind}}`,
  );
  return `${blocks}\n`;
}
