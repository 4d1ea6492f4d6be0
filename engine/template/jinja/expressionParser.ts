import { filters as knownFilters } from "./filters.ts";
import type { Token, TokenKind } from "./lexer.ts";
import type {
  ArgumentNodes,
  BinaryOperator,
  Comparison,
  Expression,
  FilterNode,
  Target,
} from "./nodes.ts";
import { TemplateSyntaxError } from "./templateErrors.ts";
import { tests as knownTests } from "./tests.ts";

const COMPARISONS = new Set(["==", "!=", "<", "<=", ">", ">="]);
const CONSTANTS = new Map<string, boolean | null>([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);
const SPECIAL = ["caller", "kwargs", "varargs"] as const;

interface TupleOptions {
  /** May `a if b else c` stand there without parentheses? Default true. */
  readonly isConditional?: boolean;
  /** Names behind which a tuple with a comma at its end is over. */
  readonly ends?: readonly string[];
}

/** Jinja's expressions, by recursive descent. Its order of precedence is not Python's: `~` binds tighter than `+`. */
export class ExpressionParser {
  readonly #tokens: readonly Token[];
  #at = 0;
  /** Filters and tests that nobody knows are allowed here until they are reached. */
  #isSoft = false;
  /** Those found outside of a condition. */
  readonly #unknown: TemplateSyntaxError[] = [];
  readonly #collectors: Set<(typeof SPECIAL)[number]>[] = [];

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get current(): Token {
    return this.#tokens[this.#at] as Token;
  }

  next(): Token {
    const token = this.current;
    if (token.kind !== "end") this.#at += 1;
    return token;
  }

  /** Is this operator next? */
  isAt(text: string): boolean {
    return this.current.kind === "operator" && this.current.text === text;
  }

  /** Reads an operator or a word if it is next. */
  skip(text: string): boolean {
    const isNext = this.isAt(text) || this.#isWord(text);
    if (isNext) this.next();
    return isNext;
  }

  expect(kind: TokenKind, text?: string): Token {
    const token = this.current;
    if (token.kind !== kind || (text !== undefined && token.text !== text))
      throw this.error(`expected ${text ?? kind}, got '${token.text || token.kind}'`);
    return this.next();
  }

  error(message: string): TemplateSyntaxError {
    return new TemplateSyntaxError(message, this.current.line);
  }

  /** @throws TemplateSyntaxError where a filter or test was read that nobody knows */
  checkNames(): void {
    const [first] = this.#unknown;
    if (first) throw first;
  }

  /** Inside a condition, where names of filters are looked up when they are reached. */
  soft<T>(parse: () => T): T {
    return this.#softly(true, parse);
  }

  hard<T>(parse: () => T): T {
    return this.#softly(false, parse);
  }

  /** Notes which of a macro's special names are read meanwhile. */
  collecting<T>(names: Set<(typeof SPECIAL)[number]>, parse: () => T): T {
    this.#collectors.push(names);
    const parsed = parse();
    this.#collectors.pop();
    return parsed;
  }

  #softly<T>(isSoft: boolean, parse: () => T): T {
    const before = this.#isSoft;
    this.#isSoft = isSoft;
    const parsed = parse();
    this.#isSoft = before;
    return parsed;
  }

  targetName(): string {
    const { text } = this.expect("name");
    if (CONSTANTS.has(text)) throw this.error(`can't assign to '${text}'`);
    return text;
  }

  target(options: { ends?: readonly string[]; hasNamespace?: boolean }): Target {
    const items: Target[] = [];
    for (;;) {
      if (items.length > 0 && this.#isTupleEnd(options.ends)) break;
      items.push(this.#singleTarget(options.hasNamespace === true));
      if (!this.skip(",")) return items.length === 1 ? (items[0] as Target) : tupleOf(items);
    }
    return tupleOf(items);
  }

  #singleTarget(hasNamespace: boolean): Target {
    if (this.skip("(")) {
      const inner = this.target({});
      this.expect("operator", ")");
      return inner;
    }
    const name = this.targetName();
    if (!hasNamespace || !this.skip(".")) return { kind: "name", name };
    return { kind: "namespace", name, attribute: this.expect("name").text };
  }

  tuple(options: TupleOptions = {}, isParenthesised = false): Expression {
    const items: Expression[] = [];
    for (;;) {
      if (this.#isTupleEnd(options.ends)) break;
      items.push(options.isConditional === false ? this.#or() : this.expression());
      if (!this.skip(",")) {
        if (items.length === 1) return items[0] as Expression;
        break;
      }
    }
    if (items.length === 0 && !isParenthesised)
      throw this.error(`Expected an expression, got '${this.current.text || this.current.kind}'`);
    return { kind: "tuple", items };
  }

  #isTupleEnd(ends: readonly string[] = []): boolean {
    const { kind } = this.current;
    return (
      kind === "variableEnd" ||
      kind === "blockEnd" ||
      this.isAt(")") ||
      ends.some((name) => this.#isWord(name))
    );
  }

  expression(): Expression {
    const nUnknown = this.#unknown.length;
    let expression = this.#or();
    if (!this.#isWord("if")) return expression;
    // What stands before the "if" belongs to the condition too.
    this.#unknown.length = nUnknown;
    return this.soft(() => {
      while (this.skip("if")) {
        const test = this.#or();
        const otherwise = this.skip("else") ? this.expression() : null;
        expression = { kind: "condition", test, value: expression, otherwise };
      }
      return expression;
    });
  }

  #or(): Expression {
    let left = this.#and();
    while (this.skip("or")) left = { kind: "or", left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.skip("and")) left = { kind: "and", left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    if (this.skip("not")) return { kind: "unary", operator: "not", operand: this.#not() };
    const first = this.#sum();
    const rest: [Comparison, Expression][] = [];
    for (;;) {
      if (this.current.kind === "operator" && COMPARISONS.has(this.current.text))
        rest.push([this.next().text as Comparison, this.#sum()]);
      else if (this.skip("in")) rest.push(["in", this.#sum()]);
      else if (this.#isWord("not") && this.#isWord("in", 1)) {
        this.#at += 2;
        rest.push(["not in", this.#sum()]);
      } else return rest.length === 0 ? first : { kind: "compare", first, rest };
    }
  }

  #sum(): Expression {
    return this.#binary(["+", "-"], () => this.#concat());
  }

  #concat(): Expression {
    const items = [this.#product()];
    while (this.skip("~")) items.push(this.#product());
    return items.length === 1 ? (items[0] as Expression) : { kind: "concat", items };
  }

  #product(): Expression {
    return this.#binary(["*", "/", "//", "%"], () => this.#binary(["**"], () => this.#unary(true)));
  }

  #binary(operators: readonly BinaryOperator[], operand: () => Expression): Expression {
    let left = operand();
    for (;;) {
      const operator = operators.find((text) => this.isAt(text));
      if (operator === undefined) return left;
      this.next();
      left = { kind: "binary", operator, left, right: operand() };
    }
  }

  /** A sign binds tighter than a filter behind its operand: `-1 | abs` is `(-1) | abs`. */
  #unary(hasFilters: boolean): Expression {
    const sign = this.isAt("-") ? "-" : this.isAt("+") ? "+" : null;
    let expression: Expression;
    if (sign !== null) {
      this.next();
      expression = this.#postfix({ kind: "unary", operator: sign, operand: this.#unary(false) });
    } else expression = this.#postfix(this.#primary());
    return hasFilters ? this.#filtersAndTests(expression) : expression;
  }

  #primary(): Expression {
    const { kind, text } = this.next();
    if (kind === "name") {
      const constant = CONSTANTS.get(text);
      if (constant !== undefined) return { kind: "constant", value: constant };
      for (const name of SPECIAL)
        if (name === text) for (const names of this.#collectors) names.add(name);
      return { kind: "name", name: text };
    }
    if (kind === "string") {
      let value = text;
      while (this.current.kind === "string") value += this.next().text;
      return { kind: "constant", value };
    }
    if (kind === "integer") return { kind: "constant", value: BigInt(text) };
    if (kind === "float") return { kind: "constant", value: Number(text) };
    if (kind === "operator" && text === "(") {
      const inner = this.tuple({}, true);
      this.expect("operator", ")");
      return inner;
    }
    if (kind === "operator" && text === "[")
      return { kind: "list", items: this.#listed("]", () => this.expression()) };
    if (kind === "operator" && text === "{") {
      const entry = (): [Expression, Expression] => {
        const key = this.expression();
        this.expect("operator", ":");
        return [key, this.expression()];
      };
      return { kind: "dict", entries: this.#listed("}", entry) };
    }
    this.#at -= kind === "end" ? 0 : 1;
    throw this.error(`unexpected '${text || kind}'`);
  }

  #listed<T>(close: string, item: () => T): T[] {
    const items: T[] = [];
    while (!this.isAt(close)) {
      if (items.length > 0) this.expect("operator", ",");
      if (this.isAt(close)) break;
      items.push(item());
    }
    this.next();
    return items;
  }

  #postfix(start: Expression): Expression {
    let object = start;
    for (;;) {
      if (this.skip(".")) {
        const { kind, text } = this.next();
        if (kind === "name") object = { kind: "attribute", object, name: text };
        else if (kind === "integer")
          object = { kind: "item", object, index: { kind: "constant", value: BigInt(text) } };
        else throw this.error("expected name or number");
      } else if (this.skip("[")) {
        const indices = this.#listed("]", () => this.#subscript());
        const [index] = indices;
        if (index === undefined) throw this.error("expected an index");
        object = {
          kind: "item",
          object,
          index: indices.length === 1 ? index : { kind: "tuple", items: indices },
        };
      } else if (this.isAt("(")) object = { kind: "call", callee: object, args: this.#arguments() };
      else return object;
    }
  }

  #subscript(): Expression {
    const part = () =>
      this.isAt(":") || this.isAt("]") || this.isAt(",") ? null : this.expression();
    const start = part();
    if (!this.skip(":")) {
      if (start === null) throw this.error("expected an index");
      return start;
    }
    const stop = part();
    const step = this.skip(":") ? part() : null;
    return { kind: "slice", start, stop, step };
  }

  #filtersAndTests(start: Expression): Expression {
    let expression = start;
    for (;;) {
      if (this.isAt("|")) expression = this.filters(expression, false);
      else if (this.skip("is")) expression = this.#test(expression);
      else if (this.isAt("("))
        expression = { kind: "call", callee: expression, args: this.#arguments() };
      else return expression;
    }
  }

  /** @param operand null for a block's own text  @param isInline the first filter stands there without a bar */
  filters(operand: Expression | null, isInline: boolean): Expression {
    let filtered = operand;
    let isFirst = isInline;
    while (isFirst || this.skip("|")) {
      isFirst = false;
      const name = this.#dottedName();
      if (!this.#isSoft && !knownFilters.has(name))
        this.#unknown.push(this.error(`No filter named '${name}'`));
      const args = this.isAt("(") ? this.#arguments() : NO_ARGUMENTS;
      filtered = { kind: "filter", operand: filtered, name, args } satisfies FilterNode;
    }
    return filtered as Expression;
  }

  #test(operand: Expression): Expression {
    const isNegated = this.skip("not");
    const name = this.#dottedName();
    if (!this.#isSoft && !knownTests.has(name))
      this.#unknown.push(this.error(`No test named '${name}'`));
    const test: Expression = { kind: "test", operand, name, args: this.#testArguments() };
    return isNegated ? { kind: "unary", operator: "not", operand: test } : test;
  }

  #testArguments(): ArgumentNodes {
    if (this.isAt("(")) return this.#arguments();
    const { kind } = this.current;
    const begins =
      ["name", "string", "integer", "float"].includes(kind) || this.isAt("[") || this.isAt("{");
    if (!begins || ["else", "or", "and"].some((name) => this.#isWord(name))) return NO_ARGUMENTS;
    if (this.#isWord("is")) throw this.error("You cannot chain multiple tests with is");
    return { ...NO_ARGUMENTS, positional: [this.#postfix(this.#primary())] };
  }

  #arguments(): ArgumentNodes {
    this.expect("operator", "(");
    const positional: Expression[] = [];
    const named: [string, Expression][] = [];
    let spread: Expression | null = null;
    let namedSpread: Expression | null = null;
    const ensure = (isValid: boolean) => {
      if (!isValid) throw this.error("invalid syntax for function call expression");
    };
    this.#listed(")", () => {
      if (this.skip("*")) {
        ensure(spread === null && namedSpread === null);
        spread = this.expression();
      } else if (this.skip("**")) {
        ensure(namedSpread === null);
        namedSpread = this.expression();
      } else if (this.current.kind === "name" && this.#tokens[this.#at + 1]?.text === "=") {
        ensure(namedSpread === null);
        const name = this.next().text;
        this.next();
        named.push([name, this.expression()]);
      } else {
        ensure(spread === null && namedSpread === null && named.length === 0);
        positional.push(this.expression());
      }
    });
    return { positional, named, spread, namedSpread };
  }

  #dottedName(): string {
    let name = this.expect("name").text;
    while (this.skip(".")) name += `.${this.expect("name").text}`;
    return name;
  }

  #isWord(text: string, ahead = 0): boolean {
    const token = this.#tokens[this.#at + ahead];
    return token?.kind === "name" && token.text === text;
  }
}

const NO_ARGUMENTS: ArgumentNodes = { positional: [], named: [], spread: null, namedSpread: null };

function tupleOf(items: readonly Target[]): Target {
  return { kind: "tuple", items };
}
