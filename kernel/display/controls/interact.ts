import { toMimeBundle } from "../bundle.ts";
import { kernelHost } from "../host.ts";
import { WidgetModel } from "../widgetModel.ts";
import { Text } from "./events.ts";
import { Output } from "./output.ts";
import { Checkbox, FloatSlider, IntSlider, VBox } from "./schemaControls.ts";
import { Dropdown } from "./selection.ts";

/** A control, or what stands for one. */
type Abbreviation =
  | boolean
  | string
  | number
  | readonly [min: number, max: number]
  | readonly [min: number, max: number, step: number]
  | readonly string[]
  | Readonly<Record<string, unknown>>
  | { value: unknown };

/** What the function gets for an abbreviation. */
type InteractValue<Given> = Given extends WidgetModel<object> & { value: infer Value }
  ? Value
  : Given extends boolean
    ? boolean
    : Given extends string
      ? string
      : Given extends number | readonly number[]
        ? number
        : Given extends readonly string[]
          ? Given[number]
          : Given[keyof Given];

type Valued = WidgetModel<{ value: unknown }> & { readonly value: unknown };

/**
 * Controls for the arguments of a function, and its output below them, renewed whenever one changes. `true` stands for
 * a checkbox, text for a text field, a number for a slider around it, `[min, max]` or `[min, max, step]` for a slider,
 * a list of strings or an object from label to value for a dropdown; a control stands for itself.
 * While the function runs, changes wait, and only the latest is answered.
 */
export function interact<const Arguments extends Readonly<Record<string, Abbreviation>>>(
  run: (values: { [Name in keyof Arguments]: InteractValue<Arguments[Name]> }) => unknown,
  abbreviations: Arguments,
): VBox {
  const controls = Object.entries(abbreviations).map(
    ([name, given]) => [name, controlFor(name, given)] as const,
  );
  const output = new Output();
  let isRunning = false;
  let isStale = false;
  const renew = async (): Promise<void> => {
    isStale = true;
    if (isRunning) return;
    isRunning = true;
    try {
      while (isStale) {
        isStale = false;
        const values = Object.fromEntries(controls.map(([name, control]) => [name, control.value]));
        await output.replace(async () => {
          const result: unknown = await run(values as never);
          if (result !== undefined) kernelHost()?.display(await toMimeBundle(result));
        });
      }
    } finally {
      isRunning = false;
    }
  };
  for (const [, control] of controls) control.onChange("value", renew);
  void renew();
  return new VBox({ children: [...controls.map(([, control]) => control), output] });
}

function controlFor(description: string, given: Abbreviation): Valued {
  if (given instanceof WidgetModel) return given as unknown as Valued;
  if (typeof given === "boolean") return new Checkbox({ description, value: given });
  if (typeof given === "string") return new Text({ description, value: given });
  if (typeof given === "number") {
    const [min, max] = given === 0 ? [0, 1] : given > 0 ? [-given, 3 * given] : [3 * given, -given];
    return slider(description, min, max, null, given);
  }
  if (Array.isArray(given) && given.length > 0 && given.every((item) => typeof item === "number")) {
    const [min = 0, max = 1, step = null] = given as readonly number[];
    return slider(description, min, max, step, null);
  }
  return new Dropdown({ description, options: given as readonly string[] }) as unknown as Valued;
}

function slider(
  description: string,
  min: number,
  max: number,
  step: number | null,
  value: number | null,
): Valued {
  const isWhole = [min, max, step ?? 1, value ?? 0].every(Number.isInteger);
  const middle = isWhole ? Math.floor((min + max) / 2) : (min + max) / 2;
  const state = { description, min, max, value: value ?? middle };
  return isWhole
    ? new IntSlider({ ...state, step: step ?? 1 })
    : new FloatSlider({ ...state, step: step ?? (max - min) / 100 });
}
