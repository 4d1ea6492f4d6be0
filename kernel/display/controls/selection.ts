import type { ChangeListener } from "../widgetModel.ts";
import type { Control, ControlClass, ControlInit } from "./control.ts";
import {
  DropdownBase,
  type DropdownState,
  RadioButtonsBase,
  type RadioButtonsState,
  SelectBase,
  SelectionRangeSliderBase,
  type SelectionRangeSliderState,
  SelectionSliderBase,
  type SelectionSliderState,
  SelectMultipleBase,
  type SelectMultipleState,
  type SelectState,
  ToggleButtonsBase,
  type ToggleButtonsState,
} from "./schemaControls.ts";

/** Choices: values that are their own labels, pairs of label and value, or an object from label to value. */
export type Options<Value> =
  | readonly Value[]
  | readonly (readonly [label: string, value: Value])[]
  | Readonly<Record<string, Value>>;

/** What is chosen, by place among the options: one place, or several. */
type Index = number | null | readonly number[];

interface SelectionState {
  _options_labels: readonly string[];
  index: Index;
}

type SelectionInit<State extends object, Value, Chosen> = ControlInit<
  Omit<State, keyof SelectionState>
> & {
  readonly options: Options<Value>;
  /** Default: the first option; of several, none; of a range, all. */
  readonly value?: Chosen;
};

/** A control over choices of your own: `value` is one of them, or a list. */
export interface Selection<Value, Chosen = Value | null> {
  readonly options: readonly Value[];
  value: Chosen;
  onChange(key: "value", listener: ChangeListener<Chosen>): () => void;
}

interface OneOf<State extends object> {
  /** `value` is null while nothing is chosen. */
  new <Value>(
    init: SelectionInit<State, Value, Value | null>,
  ): Selection<Value> & Control<State> & State;
}
interface SomeOf<State extends object> {
  new <Value>(
    init: SelectionInit<State, Value, readonly Value[]>,
  ): Selection<Value, readonly Value[]> & Control<State> & State;
}

/** @param initial the index to start with, of so many options */
function selectionClass<Class>(Base: unknown, initial: (count: number) => Index): Class {
  const indexOf = Array.isArray(initial(0)) ? placesOf : placeOf;
  return class extends (Base as ControlClass<SelectionState>) {
    readonly options: readonly unknown[];

    constructor(init: SelectionInit<SelectionState, unknown, unknown>) {
      const { options, value, ...others } = init;
      const pairs = pairsOf(options);
      const values = pairs.map(([, item]) => item);
      super({
        ...others,
        _options_labels: pairs.map(([label]) => label),
        index: value === undefined ? initial(values.length) : indexOf(values, value),
      } as ControlInit<SelectionState>);
      this.options = values;
    }

    get value(): unknown {
      return this.#valueAt(this.index);
    }

    set value(value: unknown) {
      this.set({ index: indexOf(this.options, value) });
    }

    override onChange(key: never, listener: ChangeListener<never>): () => void {
      if (key !== "value") return super.onChange(key, listener);
      const heard = listener as ChangeListener<unknown>;
      return super.onChange("index", (index, previous) =>
        heard(this.#valueAt(index), this.#valueAt(previous)),
      );
    }

    #valueAt(index: Index): unknown {
      if (index === null) return null;
      return typeof index === "number"
        ? this.options[index]
        : index.map((place) => this.options[place]);
    }
  } as Class;
}

function placeOf(options: readonly unknown[], value: unknown): number | null {
  const place = options.indexOf(value);
  return place < 0 ? null : place;
}

/** Where each of some values stands among the options; those that do not are left out. */
function placesOf(options: readonly unknown[], values: unknown): readonly number[] {
  return (values as readonly unknown[]).flatMap((value) => placeOf(options, value) ?? []);
}

function pairsOf(options: Options<unknown>): [label: string, value: unknown][] {
  if (!Array.isArray(options)) return Object.entries(options);
  const isPair = (item: unknown): boolean =>
    Array.isArray(item) && item.length === 2 && typeof item[0] === "string";
  return options.length > 0 && options.every(isPair)
    ? (options as [string, unknown][])
    : options.map((item: unknown) => [String(item), item]);
}

const first = (count: number): number | null => (count > 0 ? 0 : null);
const none = (): readonly number[] => [];
const all = (count: number): readonly number[] => [0, Math.max(0, count - 1)];

export const Dropdown = selectionClass<OneOf<DropdownState>>(DropdownBase, first);
export const RadioButtons = selectionClass<OneOf<RadioButtonsState>>(RadioButtonsBase, first);
export const Select = selectionClass<OneOf<SelectState>>(SelectBase, first);
export const SelectionSlider = selectionClass<OneOf<SelectionSliderState>>(
  SelectionSliderBase,
  first,
);
export const ToggleButtons = selectionClass<OneOf<ToggleButtonsState>>(ToggleButtonsBase, first);
export const SelectMultiple = selectionClass<SomeOf<SelectMultipleState>>(SelectMultipleBase, none);
export const SelectionRangeSlider = selectionClass<SomeOf<SelectionRangeSliderState>>(
  SelectionRangeSliderBase,
  all,
);
