import { Namespace, Tuple } from "./containers.ts";
import { call, evaluate, evaluateArguments, evaluateFilter, evaluateText } from "./evaluator.ts";
import { hiddenNames } from "./hiddenNames.ts";
import { LoopContext } from "./loopContext.ts";
import { macroFunction } from "./macroFunction.ts";
import type { Expression, FilterNode, Statement, Target } from "./nodes.ts";
import { str } from "./repr.ts";
import { Scope } from "./scope.ts";
import { PythonError } from "./templateErrors.ts";
import { Generator, isTrue, iterate, type PythonFunction, type Value } from "./values.ts";

/** How statements ended: on to the next one, or out of the round or the loop. */
type Flow = "next" | "break" | "continue";
type Body = readonly Statement[];

/** @throws PythonError, TemplateRaised, UnsupportedByUs */
export function renderTemplate(body: Body, variables: Scope): string {
  return renderStatements(body, scopeOf(body, variables));
}

function renderStatements(body: Body, scope: Scope): string {
  const out: string[] = [];
  run(body, scope, out);
  return out.join("");
}

/** The scope of a body that has one of its own. */
function scopeOf(body: Body, outer: Scope, values: Iterable<readonly [string, Value]> = []): Scope {
  return new Scope(outer, values, hiddenNames(body));
}

function run(body: Body, scope: Scope, out: string[]): Flow {
  for (const statement of body) {
    const flow = runOne(statement, scope, out);
    if (flow !== "next") return flow;
  }
  return "next";
}

function runOne(node: Statement, scope: Scope, out: string[]): Flow {
  switch (node.kind) {
    case "text":
      out.push(node.text);
      return "next";
    case "output":
      out.push(evaluateText(node.value, scope));
      return "next";
    case "if": {
      const branch = node.branches.find(([test]) => isTrue(evaluate(test, scope)));
      return run(branch ? branch[1] : node.otherwise, scope, out);
    }
    case "for":
      runFor(node, evaluate(node.iterable, scope), scope, 0, out);
      return "next";
    case "set":
      assign(node.target, evaluate(node.value, scope), scope);
      return "next";
    case "setBlock":
      return inner(node.body, scope, (text) =>
        assign(node.target, node.filter ? filtered(node.filter, text, scope) : text, scope),
      );
    case "filterBlock":
      return inner(node.body, scope, (text) => out.push(str(filtered(node.filter, text, scope))));
    case "with": {
      const within = scopeOf(node.body, scope);
      const values = node.entries.map(([, value]) => evaluate(value, scope));
      for (const [i, [target]] of node.entries.entries())
        assign(target, values[i] as Value, within);
      return run(node.body, within, out);
    }
    case "generation":
      run(node.body, scopeOf(node.body, scope), out);
      return "next";
    case "macro":
      scope.set(node.name, callable(node, scope));
      return "next";
    case "call": {
      const args = evaluateArguments(node.call.args, scope);
      const caller = callable({ ...node, name: "caller" }, scope);
      const named = new Map(args.named).set("caller", caller);
      out.push(str(call(evaluate(node.call.callee, scope), { ...args, named })));
      return "next";
    }
    case "break":
    case "continue":
      return node.kind;
  }
}

/** Text of a body with a scope of its own; `use` does not get it where the body leaves a loop. */
function inner(body: Body, scope: Scope, use: (text: string) => void): Flow {
  const out: string[] = [];
  const flow = run(body, scopeOf(body, scope), out);
  if (flow === "next") use(out.join(""));
  return flow;
}

function filtered(filter: Expression, text: string, scope: Scope): Value {
  return evaluateFilter(filter as FilterNode, scope, text);
}

function callable(
  node: Pick<Statement & { kind: "macro" }, "name" | "signature" | "body">,
  scope: Scope,
): PythonFunction {
  return macroFunction(
    node.name,
    node.signature,
    () => scopeOf(node.body, scope),
    (within) => renderStatements(node.body, within),
  );
}

function runFor(
  node: Statement & { kind: "for" },
  items: Value,
  scope: Scope,
  depth0: number,
  out: string[],
): void {
  const recurse = (more: Value, depth: number) => {
    const text: string[] = [];
    runFor(node, more, scope, depth, text);
    return text.join("");
  };
  const loop = new LoopContext(
    chosen(node, items, scope),
    depth0,
    node.isRecursive ? recurse : null,
  );
  let hasFinishedRound = false;
  for (let item = loop.next(); item !== undefined; item = loop.next()) {
    const round = scopeOf(node.body, scope, [["loop", loop]]);
    assign(node.target, item, round);
    const flow = run(node.body, round, out);
    if (flow === "break") break;
    if (flow === "next") hasFinishedRound = true;
  }
  // As Jinja has it: a loop whose rounds were all left early counts as empty.
  if (!hasFinishedRound) run(node.otherwise, scopeOf(node.otherwise, scope), out);
}

/** The items that pass the test behind `if`, one at a time. */
function chosen(node: Statement & { kind: "for" }, items: Value, scope: Scope): Value {
  const { test } = node;
  if (test === null) return items;
  function* passing() {
    for (const item of iterate(items)) {
      const within = new Scope(scope);
      assign(node.target, item, within);
      if (isTrue(evaluate(test as Expression, within))) yield item;
    }
  }
  iterate(items);
  return new Generator(passing());
}

function assign(target: Target, value: Value, scope: Scope): void {
  switch (target.kind) {
    case "name":
      scope.set(target.name, value);
      break;
    case "namespace": {
      const namespace = scope.get(target.name);
      if (!(namespace instanceof Namespace))
        throw new PythonError("cannot assign attribute on non-namespace object");
      namespace.setAttribute(target.attribute, value);
      break;
    }
    case "tuple": {
      const values = value instanceof Tuple ? value.items : [...iterate(value)];
      const { items } = target;
      if (values.length !== items.length)
        throw new PythonError(`expected ${items.length} values to unpack, got ${values.length}`);
      for (const [i, part] of items.entries()) assign(part, values[i] as Value, scope);
    }
  }
}
