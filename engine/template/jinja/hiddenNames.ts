import { expressionParts } from "./expressionParts.ts";
import type { Expression, Signature, Statement, Target } from "./nodes.ts";

type Body = readonly Statement[];

const NONE: ReadonlySet<string> = new Set();
const HIDDEN = new WeakMap<Body, ReadonlySet<string>>();

/**
 * The variables that a body with a scope of its own has from its beginning, without a value. Jinja decides that before it
 * renders: a name that is set in a body before it is read there, and that no body round it knows, is the body's own, so that
 * a variable of the same name that was passed to the template cannot be seen even where the name has not been set yet.
 */
export function hiddenNames(body: Body): ReadonlySet<string> {
  return HIDDEN.get(body) ?? NONE;
}

/** Finds the hidden names of a template's body and of every body in it. */
export function findHiddenNames(template: Body): void {
  new Names(null).frame(template, []);
}

class Names {
  readonly #outer: Names | null;
  #known = new Set<string>();
  #stored = new Set<string>();
  #hidden = new Set<string>();

  constructor(outer: Names | null) {
    this.#outer = outer;
  }

  /** A body with a scope of its own, in which some names have a value from the beginning. */
  frame(body: Body, given: readonly string[], defaults: readonly (Expression | null)[] = []): void {
    for (const name of given) this.#known.add(name);
    for (const node of defaults) this.#read(node);
    this.#walk(body);
    HIDDEN.set(body, this.#hidden);
    this.#inner(body);
  }

  /** Bodies with scopes of their own, once every name of this one is known. */
  #inner(body: Body): void {
    const open = (inner: Body, given: readonly string[] = []) =>
      new Names(this).frame(inner, given);
    for (const node of body)
      switch (node.kind) {
        case "if":
          for (const [, branch] of node.branches) this.#inner(branch);
          this.#inner(node.otherwise);
          break;
        case "for":
          open(node.body, ["loop", ...targetNames(node.target)]);
          open(node.otherwise);
          break;
        case "macro":
        case "call":
          this.#function(node.signature, node.body);
          break;
        case "with":
          open(
            node.body,
            node.entries.flatMap(([target]) => targetNames(target)),
          );
          break;
        case "setBlock":
        case "filterBlock":
        case "generation":
          open(node.body);
          break;
      }
  }

  #function({ parameters, reads }: Signature, body: Body): void {
    const given = [...parameters.map(([name]) => name), ...reads];
    new Names(this).frame(
      body,
      given,
      parameters.map(([, value]) => value),
    );
  }

  #walk(body: Body): void {
    for (const node of body) this.#statement(node);
  }

  #statement(node: Statement): void {
    switch (node.kind) {
      case "output":
        this.#read(node.value);
        break;
      case "for":
        this.#read(node.iterable);
        break;
      case "call":
        this.#read(node.call);
        break;
      case "filterBlock":
        this.#read(node.filter);
        break;
      case "with":
        for (const [, value] of node.entries) this.#read(value);
        break;
      case "macro":
        this.#store(node.name);
        break;
      case "set":
        this.#read(node.value);
        this.#assign(node.target);
        break;
      case "setBlock":
        this.#assign(node.target);
        break;
      case "if":
        this.#branch(node);
        break;
    }
  }

  #branch({ branches, otherwise }: Statement & { kind: "if" }): void {
    const [[test, body], ...more] = branches as [(typeof branches)[number], ...typeof branches];
    this.#read(test);
    const copies = [
      this.#copied((names) => names.#walk(body)),
      this.#copied((names) => {
        for (const branch of more) names.#branch({ kind: "if", branches: [branch], otherwise: [] });
      }),
      this.#copied((names) => names.#walk(otherwise)),
    ];
    const before = new Set(this.#stored);
    for (const copy of copies) {
      for (const name of copy.#known) {
        // What the last branch that reads or sets it says counts.
        if (copy.#hidden.has(name)) this.#hidden.add(name);
        else if (copy.#isOwn(name, before)) this.#hidden.delete(name);
        this.#known.add(name);
      }
      for (const name of copy.#stored) this.#stored.add(name);
    }
    for (const name of this.#stored)
      if (!before.has(name) && !copies.every((copy) => copy.#stored.has(name)))
        this.#hidden.delete(name);
  }

  #isOwn(name: string, before: ReadonlySet<string>): boolean {
    return this.#known.has(name) && !before.has(name);
  }

  #copied(walk: (names: Names) => void): Names {
    const copy = new Names(this.#outer);
    copy.#known = new Set(this.#known);
    copy.#stored = new Set(this.#stored);
    copy.#hidden = new Set(this.#hidden);
    walk(copy);
    return copy;
  }

  #knows(name: string): boolean {
    const outer = this.#outer;
    return this.#known.has(name) || (outer ? outer.#knows(name) : false);
  }

  #store(name: string): void {
    this.#stored.add(name);
    if (!this.#knows(name)) this.#hidden.add(name);
    this.#known.add(name);
  }

  #assign(target: Target): void {
    if (target.kind === "tuple") for (const item of target.items) this.#assign(item);
    else if (target.kind === "name") this.#store(target.name);
    else this.#load(target.name);
  }

  #load(name: string): void {
    if (!this.#knows(name)) this.#known.add(name);
  }

  #read(node: Expression | null): void {
    if (node === null) return;
    switch (node.kind) {
      case "constant":
        break;
      case "name":
        this.#load(node.name);
        break;
      default:
        for (const part of expressionParts(node)) this.#read(part);
    }
  }
}

function targetNames(target: Target): string[] {
  return target.kind === "tuple" ? target.items.flatMap(targetNames) : [target.name];
}
