import { ExpressionParser } from "./expressionParser.ts";
import { tokenize } from "./lexer.ts";
import type { Expression, Signature, Statement, Target } from "./nodes.ts";
import { UnsupportedByUs } from "./templateErrors.ts";

/** Tags of Jinja that need a loader or change what every later expression means. */
const UNSUPPORTED_TAGS = new Set(["include", "import", "from", "extends", "block", "autoescape"]);

/**
 * A template as statements.
 * @throws TemplateSyntaxError where Python's Jinja does not compile it either; UnsupportedByUs
 */
export function parseTemplate(template: string): readonly Statement[] {
  return new TemplateParser(tokenize(template)).run();
}

class TemplateParser extends ExpressionParser {
  run(): readonly Statement[] {
    return this.#body([]);
  }

  /** Statements up to a tag of one of these names, which is not read. */
  #body(ends: readonly string[]): Statement[] {
    const statements: Statement[] = [];
    for (;;) {
      this.checkNames();
      const { kind, text } = this.next();
      if (kind === "data") statements.push({ kind: "text", text });
      else if (kind === "variableBegin") {
        statements.push({ kind: "output", value: this.tuple() });
        this.expect("variableEnd");
      } else if (kind === "blockBegin") {
        if (this.current.kind === "name" && ends.includes(this.current.text)) return statements;
        statements.push(...this.#statement());
        this.expect("blockEnd");
      } else if (ends.length === 0) return statements;
      else throw this.error(`unexpected end of template, expected {% ${ends.join(" or ")} %}`);
    }
  }

  /** What stands between a tag and the tag that ends it; the latter is read, but for its end. */
  #block(...ends: string[]): Statement[] {
    this.skip(":");
    this.expect("blockEnd");
    const body = this.#body(ends);
    if (ends.length === 1) this.next();
    return body;
  }

  #statement(): Statement[] {
    const tag = this.expect("name").text;
    if (UNSUPPORTED_TAGS.has(tag)) throw new UnsupportedByUs(`the tag {% ${tag} %}`);
    switch (tag) {
      case "for":
        return [this.#for()];
      case "if":
        return [this.#if()];
      case "macro":
        return [this.#macro()];
      case "call":
        return [this.#call()];
      case "set":
        return [this.#set()];
      case "with":
        return [this.#with()];
      case "filter": {
        const filter = this.hard(() => this.filters(null, true));
        return [{ kind: "filterBlock", filter, body: this.hard(() => this.#block("endfilter")) }];
      }
      case "generation":
        return [{ kind: "generation", body: this.#function(() => this.#block("endgeneration")) }];
      case "print": {
        const values: Statement[] = [];
        while (this.current.kind !== "blockEnd") {
          if (values.length > 0) this.expect("operator", ",");
          values.push({ kind: "output", value: this.expression() });
        }
        return values;
      }
      case "break":
      case "continue":
        if (!this.#isInLoop) throw this.error(`'${tag}' outside loop`);
        return [{ kind: tag }];
      default:
        throw this.error(`Encountered unknown tag '${tag}'`);
    }
  }

  #isInLoop = false;

  /** A body that Python compiles to a function of its own: no loop round it can be left from inside. */
  #function<T>(parse: () => T): T {
    return this.#looping(false, () => this.hard(parse));
  }

  #looping<T>(isInLoop: boolean, parse: () => T): T {
    const before = this.#isInLoop;
    this.#isInLoop = isInLoop;
    const parsed = parse();
    this.#isInLoop = before;
    return parsed;
  }

  #for(): Statement {
    const target = this.target({ ends: ["in"] });
    if (namesOf(target).includes("loop"))
      throw this.error("Can't assign to special loop variable in for-loop target");
    this.expect("name", "in");
    const iterable = this.tuple({ isConditional: false, ends: ["recursive"] });
    const test = this.skip("if") ? this.hard(() => this.expression()) : null;
    const isRecursive = this.skip("recursive");
    const body = this.#looping(true, () => this.hard(() => this.#block("endfor", "else")));
    const hasElse = this.current.text === "else";
    this.next();
    const otherwise = hasElse ? this.hard(() => this.#block("endfor")) : [];
    return { kind: "for", target, iterable, test, isRecursive, body, otherwise };
  }

  #if(): Statement {
    return this.soft(() => {
      const branches: [Expression, readonly Statement[]][] = [];
      for (;;) {
        const test = this.tuple({ isConditional: false });
        branches.push([test, this.#block("elif", "else", "endif")]);
        const tag = this.next().text;
        if (tag === "elif") continue;
        const otherwise = tag === "else" ? this.#block("endif") : [];
        return { kind: "if", branches, otherwise };
      }
    });
  }

  #macro(): Statement {
    const name = this.targetName();
    const { signature, body } = this.#callable(() => this.#signature(), "endmacro");
    return { kind: "macro", name, signature, body };
  }

  #call(): Statement {
    let call: Expression | undefined;
    const { signature, body } = this.#callable(() => {
      const parameters = this.isAt("(") ? this.#signature() : [];
      call = this.expression();
      return parameters;
    }, "endcall");
    if (call?.kind !== "call") throw this.error("expected call");
    return { kind: "call", call, signature, body };
  }

  #callable(head: () => Signature["parameters"], end: string) {
    return this.#function(() => {
      const parameters = head();
      const reads: Set<"caller" | "kwargs" | "varargs"> = new Set();
      const body = this.collecting(reads, () => this.#block(end));
      return { signature: { parameters, reads }, body };
    });
  }

  #signature(): [string, Expression | null][] {
    const parameters: [string, Expression | null][] = [];
    this.expect("operator", "(");
    while (!this.isAt(")")) {
      if (parameters.length > 0) this.expect("operator", ",");
      const name = this.targetName();
      const value = this.skip("=") ? this.expression() : null;
      if (value === null && parameters.at(-1)?.[1])
        throw this.error("non-default argument follows default argument");
      parameters.push([name, value]);
    }
    this.next();
    return parameters;
  }

  #set(): Statement {
    const target = this.target({ hasNamespace: true });
    if (this.skip("=")) return { kind: "set", target, value: this.tuple() };
    return this.hard(() => {
      const filter = this.isAt("|") ? this.filters(null, false) : null;
      return { kind: "setBlock", target, filter, body: this.#block("endset") };
    });
  }

  #with(): Statement {
    const entries: [Target, Expression][] = [];
    while (this.current.kind !== "blockEnd") {
      if (entries.length > 0) this.expect("operator", ",");
      const target = this.target({});
      this.expect("operator", "=");
      entries.push([target, this.expression()]);
    }
    return { kind: "with", entries, body: this.hard(() => this.#block("endwith")) };
  }
}

function namesOf(target: Target): string[] {
  return target.kind === "tuple" ? target.items.flatMap(namesOf) : [target.name];
}
