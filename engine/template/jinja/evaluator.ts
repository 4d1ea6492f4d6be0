import { attributeOf, itemOf, slicedItem } from "./attributes.ts";
import { compareValues } from "./comparison.ts";
import { Dict, Tuple } from "./containers.ts";
import type { FilterContext } from "./filterContext.ts";
import { filters } from "./filters.ts";
import type { ArgumentNodes, Expression, FilterNode } from "./nodes.ts";
import { binary, concatenate, signed } from "./operators.ts";
import { str } from "./repr.ts";
import type { Scope } from "./scope.ts";
import { PythonError } from "./templateErrors.ts";
import { tests } from "./tests.ts";
import {
  type Arguments,
  firstOf,
  isTrue,
  isUndefined,
  iterate,
  PythonObject,
  textOf,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

/** @throws PythonError, TemplateRaised, UnsupportedByUs */
export function evaluate(node: Expression, scope: Scope): Value {
  switch (node.kind) {
    case "constant":
      return node.value;
    case "name":
      return firstOf(scope.get(node.name), () => new Undefined(`'${node.name}' is undefined`));
    case "list":
      return node.items.map((item) => evaluate(item, scope));
    case "tuple":
      return new Tuple(node.items.map((item) => evaluate(item, scope)));
    case "dict":
      return new Dict(
        node.entries.map(([key, value]) => [evaluate(key, scope), evaluate(value, scope)]),
      );
    case "concat":
      return concatenate(node.items.map((item) => evaluate(item, scope)));
    case "attribute":
      return attributeOf(evaluate(node.object, scope), node.name);
    case "item":
      return evaluateItem(evaluate(node.object, scope), node.index, scope);
    case "slice":
      throw new PythonError("a slice stands alone");
    case "call":
      return call(evaluate(node.callee, scope), evaluateArguments(node.args, scope));
    case "filter":
      return evaluateFilter(node, scope, null);
    case "test":
      return applyTest(
        node.name,
        evaluate(node.operand, scope),
        evaluateArguments(node.args, scope),
      );
    case "unary": {
      const operand = evaluate(node.operand, scope);
      return node.operator === "not" ? !isTrue(operand) : signed(node.operator, operand);
    }
    case "binary":
      return binary(node.operator, evaluate(node.left, scope), evaluate(node.right, scope));
    case "and":
    case "or": {
      const left = evaluate(node.left, scope);
      return isTrue(left) === (node.kind === "or") ? left : evaluate(node.right, scope);
    }
    case "compare": {
      let left = evaluate(node.first, scope);
      return node.rest.every(([operator, operand]) => {
        const right = evaluate(operand, scope);
        const holds = compareValues(operator, left, right);
        left = right;
        return holds;
      });
    }
    case "condition":
      if (isTrue(evaluate(node.test, scope))) return evaluate(node.value, scope);
      return node.otherwise === null
        ? new Undefined(
            "the inline if-expression evaluated to false and no else section was defined.",
          )
        : evaluate(node.otherwise, scope);
  }
}

function evaluateItem(object: Value, index: Expression, scope: Scope): Value {
  if (index.kind !== "slice") return itemOf(object, evaluate(index, scope));
  const bound = (node: Expression | null) => (node === null ? null : evaluate(node, scope));
  return slicedItem(object, bound(index.start), bound(index.stop), bound(index.step));
}

export function evaluateArguments(nodes: ArgumentNodes, scope: Scope): Arguments {
  const positional = nodes.positional.map((node) => evaluate(node, scope));
  const named = new Map(nodes.named.map(([name, node]) => [name, evaluate(node, scope)]));
  if (nodes.spread) positional.push(...iterate(evaluate(nodes.spread, scope)));
  if (nodes.namedSpread) {
    const more = evaluate(nodes.namedSpread, scope);
    if (!(more instanceof Dict))
      throw new PythonError(`argument after ** must be a mapping, not ${typeName(more)}`);
    for (const [key, value] of more.entries) {
      const name = textOf(key);
      if (name === null) throw new PythonError("keywords must be strings");
      if (named.has(name))
        throw new PythonError(`got multiple values for keyword argument '${name}'`);
      named.set(name, value);
    }
  }
  return { positional, named };
}

export function call(callee: Value, args: Arguments): Value {
  if (callee instanceof PythonObject) return callee.call(args);
  throw new PythonError(`'${typeName(callee)}' object is not callable`);
}

/** @param blockText of the block that is filtered; null for a filter behind an expression */
export function evaluateFilter(node: FilterNode, scope: Scope, blockText: string | null): Value {
  const { operand } = node;
  const value =
    operand === null
      ? (blockText ?? "")
      : operand.kind === "filter"
        ? evaluateFilter(operand, scope, blockText)
        : evaluate(operand, scope);
  return applyFilter(node.name, value, evaluateArguments(node.args, scope));
}

function applyFilter(name: string, value: Value, args: Arguments): Value {
  const filter = filters.get(name);
  if (!filter) throw new PythonError(`No filter named '${name}' found.`);
  return filter(value, args, CONTEXT);
}

function applyTest(name: string, value: Value, args: Arguments): boolean {
  const test = tests.get(name);
  if (!test) throw new PythonError(`No test named '${name}' found.`);
  return test(value, args);
}

const CONTEXT: FilterContext = { filter: applyFilter, test: applyTest };

/** What `{{ node }}` writes. */
export function evaluateText(node: Expression, scope: Scope): string {
  const value = evaluate(node, scope);
  if (scope.isStrict && isUndefined(value)) value.fail();
  return str(value);
}
