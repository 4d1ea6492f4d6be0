import { checkOptions } from "../checkOptions.ts";
import type { MimeBundle } from "../host.ts";
import { WidgetModel, type WireForm } from "../widgetModel.ts";

/** Which code of the front end a control is, and the state it starts with. */
export interface ControlSpec {
  readonly module: string;
  readonly version: string;
  readonly model: string;
  readonly view: string | null;
  /** Where the view is if not beside the model; of the same version. */
  readonly viewModule?: string;
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Class of each key that holds a widget of its own, such as `layout` and `style`. */
  readonly parts: Readonly<Record<string, new (state?: never) => object>>;
  /** Of each key whose values are no JSON. */
  readonly forms?: Readonly<Record<string, WireForm>>;
}

/** Initial state: any of the keys; of a part also its state alone, `layout: { width: "50%" }`. */
export type ControlInit<State extends object> = {
  readonly [Key in keyof State]?: State[Key] extends Control<infer Part>
    ? State[Key] | ControlInit<Part>
    : State[Key];
};

export type ControlClass<State extends object> = new (
  state?: ControlInit<State>,
) => Control<State> & State;

/** A widget of ipywidgets. Every key of its state is a property, too: `slider.value = 3`. */
export class Control<State extends object> extends WidgetModel<State> {
  readonly #spec: ControlSpec;

  constructor(spec: ControlSpec, init: ControlInit<State>) {
    super(completeState(spec, init) as State);
    this.#spec = spec;
    for (const [key, form] of Object.entries(spec.forms ?? {})) form.toWire(this.get(key as never));
    for (const key of Object.keys(spec.defaults)) {
      Object.defineProperty(this, key, {
        enumerable: true,
        configurable: true,
        get: () => this.get(key as keyof State),
        set: (value: never) => this.set({ [key]: value } as unknown as Partial<State>),
      });
    }
  }

  protected override identity(): Readonly<Record<string, unknown>> {
    const { module, version, model, view, viewModule = module } = this.#spec;
    return {
      _model_module: module,
      _model_module_version: version,
      _model_name: model,
      _view_module: viewModule,
      _view_module_version: version,
      _view_name: view,
      _view_count: null,
    };
  }

  protected override wireForm(key: string): WireForm | undefined {
    const { forms = {} } = this.#spec;
    return Object.hasOwn(forms, key) ? forms[key] : undefined;
  }

  protected override fallback(): MimeBundle {
    const name = this.#spec.model.replace(/Model$/, "");
    const state = this as unknown as { value?: unknown; description?: unknown };
    const facts = (["description", "value"] as const)
      .filter((key) => state[key] !== undefined && state[key] !== "")
      .map((key) => `${key}: ${JSON.stringify(state[key])}`);
    return { "text/plain": `${name}(${facts.join(", ")})` };
  }
}

/** @throws KernelError ERR_OPTION for a key that the control does not have */
function completeState(spec: ControlSpec, init: object): object {
  checkOptions(spec.model.replace(/Model$/, ""), init, { ...spec.defaults, ...spec.parts });
  const state: Record<string, unknown> = { ...spec.defaults, ...init };
  for (const [key, Part] of Object.entries(spec.parts)) {
    const given = state[key];
    if (!(given instanceof WidgetModel)) state[key] = new Part((given ?? {}) as never);
  }
  return state;
}

/** The class that a spec describes. */
export function controlClass<State extends object>(spec: ControlSpec): ControlClass<State> {
  return class extends Control<State> {
    constructor(state: ControlInit<State> = {}) {
      super(spec, state);
    }
  } as ControlClass<State>;
}
