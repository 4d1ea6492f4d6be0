import { DEBUG_TARGET } from "./debugTarget.ts";
import { describe } from "./describe.ts";
import type { InspectorClient, RemoteObject } from "./inspectorClient.ts";

/** One row of a `variables` response. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  /** Class of an object. None of a primitive, whose value JupyterLab's tree then shows instead of it. */
  readonly type?: string;
  /** 0 for what has no children. */
  readonly variablesReference: number;
}

interface Property {
  readonly name: string;
  readonly value?: RemoteObject;
  readonly get?: RemoteObject;
  readonly enumerable?: boolean;
}

/** Most elements of an array that are shown in a row; longer ones open as ranges, very long ones as ranges of ranges. */
const RANGE = 100;

/** What a cell's function has in its scopes and nobody wrote. */
const HIDDEN: ReadonlySet<string> = new Set([
  "require",
  "module",
  "exports",
  "__filename",
  "__dirname",
  "Deno",
  "this",
]);
const isHidden = (name: string): boolean => HIDDEN.has(name) || name.startsWith("__vitrine");

type Entry = () => Promise<Variable[]>;

/** The values a debugger can open, by the number it knows them under. */
export class Variables {
  readonly #inspector: InspectorClient;
  readonly #entries = new Map<number, Entry>();
  /** Never used twice, so that an old number opens nothing rather than something else. */
  #last = 0;

  constructor(inspector: InspectorClient) {
    this.#inspector = inspector;
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Number of a scope made of several objects of the inspector; the first that has a name hides the others. */
  addScope(objectIds: readonly string[]): number {
    return this.#add(async () => {
      const found = new Map<string, Variable>();
      for (const objectId of objectIds) {
        for (const property of await this.#properties(objectId)) {
          if (isHidden(property.name) || found.has(property.name)) continue;
          const variable = this.#variable(property);
          if (variable !== null) found.set(property.name, variable);
        }
      }
      return [...found.values()];
    });
  }

  /** Number of the notebook's top-level names. */
  async addGlobals(): Promise<number> {
    const { result } = await this.#inspector.send<{ result: RemoteObject }>("Runtime.evaluate", {
      expression: `${DEBUG_TARGET}.globals()`,
    });
    return this.addScope(result.objectId === undefined ? [] : [result.objectId]);
  }

  /** Names in scopes, for telling which of the notebook's they hide. */
  async names(objectIds: readonly string[]): Promise<string[]> {
    const all = await Promise.all(objectIds.map((objectId) => this.#properties(objectId)));
    return all.flat().flatMap(({ name }) => (isHidden(name) ? [] : [name]));
  }

  /** Number under which the children of a value can be had, or 0. */
  add(value: RemoteObject): number {
    const { objectId, subtype, type } = value;
    if (objectId === undefined || type === "symbol") return 0;
    if (subtype === "array" || subtype === "typedarray") {
      return this.#add(async () => this.#elements(objectId));
    }
    return this.#add(async () => this.#rows(await this.#properties(objectId, true)));
  }

  /** The children of a number; none for a number of an earlier pause. */
  async children(reference: number): Promise<Variable[]> {
    return (await this.#entries.get(reference)?.()) ?? [];
  }

  #add(entry: Entry): number {
    this.#entries.set(++this.#last, entry);
    return this.#last;
  }

  async #elements(objectId: string): Promise<Variable[]> {
    const { result } = await this.#call(objectId, "function () { return this.length; }", []);
    const length = Number(result.value);
    if (length <= RANGE) return this.#range(objectId, 0, length);
    let step = RANGE;
    while (step * RANGE < length) step *= RANGE;
    return this.#ranges(objectId, 0, length, step);
  }

  #ranges(objectId: string, start: number, end: number, step: number): Variable[] {
    const rows: Variable[] = [];
    for (let from = start; from < end; from += step) {
      const to = Math.min(from + step, end);
      rows.push(
        step <= RANGE
          ? this.#rangeRow(objectId, from, to)
          : this.#row(from, to, async () => this.#ranges(objectId, from, to, step / RANGE)),
      );
    }
    return rows;
  }

  #rangeRow(objectId: string, from: number, to: number): Variable {
    return this.#row(from, to, () => this.#range(objectId, from, to));
  }

  #row(from: number, to: number, entry: Entry): Variable {
    return {
      name: `[${from}..${to - 1}]`,
      value: `${to - from} elements`,
      variablesReference: this.#add(entry),
    };
  }

  async #range(objectId: string, start: number, end: number): Promise<Variable[]> {
    const pick =
      "function (start, end) { const part = {}; for (let i = start; i < end; i++) part[i] = this[i]; return part; }";
    const { result } = await this.#call(objectId, pick, [start, end]);
    return result.objectId === undefined ? [] : this.#rows(await this.#properties(result.objectId));
  }

  #rows(properties: readonly Property[]): Variable[] {
    return properties.flatMap((property) => this.#variable(property) ?? []);
  }

  #variable({ name, value }: Property): Variable | null {
    if (value === undefined) return null;
    const { type, subtype, className } = value;
    const isObject = (type === "object" && subtype !== "null") || type === "function";
    return {
      name,
      value: describe(value),
      ...(isObject ? { type: className ?? type } : {}),
      variablesReference: this.add(value),
    };
  }

  async #properties(objectId: string, withInternal = false): Promise<Property[]> {
    const found = await this.#inspector.send<{
      result: Property[];
      internalProperties?: Property[];
    }>("Runtime.getProperties", { objectId, ownProperties: true, generatePreview: true });
    const own = found.result.filter(({ name }) => name !== "__proto__");
    const internal = (found.internalProperties ?? []).filter(
      ({ name }) => name === "[[Entries]]" || name.startsWith("[[Promise"),
    );
    return withInternal ? [...own, ...internal] : own;
  }

  async #call(objectId: string, functionDeclaration: string, values: readonly unknown[]) {
    return this.#inspector.send<{ result: RemoteObject }>("Runtime.callFunctionOn", {
      objectId,
      functionDeclaration,
      arguments: values.map((value) => ({ value })),
    });
  }
}
