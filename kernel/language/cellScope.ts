import type ts from "typescript";
import type { BoundFile, TypeScript } from "./typescript.ts";

/**
 * What each name means to the next cell: the symbol that the latest cell declared, values and types apart, so that
 * `const User` of one cell and `type User` of another are both there.
 */
export class CellScope {
  readonly #ts: TypeScript;
  readonly #values = new Map<string, ts.Symbol>();
  readonly #types = new Map<string, ts.Symbol>();

  constructor(compiler: TypeScript) {
    this.#ts = compiler;
  }

  names(): string[] {
    return [...new Set([...this.#values.keys(), ...this.#types.keys()])];
  }

  /** Makes names of earlier cells known in a file that the binder has just bound. */
  link(file: BoundFile, names: Iterable<string>): void {
    const { locals } = file;
    if (locals === undefined) return;
    for (const name of names) {
      const key = this.#ts.escapeLeadingUnderscores(name);
      const own = locals.get(key);
      // The checker follows assignments to a variable by its own symbol: that one stays.
      if (own && this.#isValue(own)) continue;
      const value = this.#values.get(name);
      const type = own && this.#isType(own) ? own : this.#types.get(name);
      const symbol = this.#both(name, value, type);
      if (symbol !== undefined && symbol !== own) locals.set(key, symbol);
    }
  }

  /** Takes over what a cell declared itself. */
  declare(own: ReadonlyMap<string, ts.Symbol>): void {
    for (const [name, symbol] of own) {
      const [isValue, isType] = [this.#isValue(symbol), this.#isType(symbol)];
      const replaced = this.#values.get(name);
      if (isValue) this.#values.set(name, symbol);
      if (isType) this.#types.set(name, symbol);
      // The other half of a class, an enum or an import does not outlive the name.
      if (isValue && !isType && replaced !== undefined && this.#types.get(name) === replaced) {
        this.#types.delete(name);
      }
      if (isType && !isValue && replaced !== undefined && this.#isType(replaced)) {
        this.#values.delete(name);
      }
    }
  }

  #isValue({ flags }: ts.Symbol): boolean {
    const { SymbolFlags } = this.#ts;
    return (flags & (SymbolFlags.Value | SymbolFlags.Alias)) !== 0;
  }

  #isType({ flags }: ts.Symbol): boolean {
    const { SymbolFlags } = this.#ts;
    return (flags & (SymbolFlags.Type | SymbolFlags.Namespace | SymbolFlags.Alias)) !== 0;
  }

  /** One symbol with both meanings, as the binder makes of a variable and a type of one name. */
  #both(name: string, value?: ts.Symbol, type?: ts.Symbol): ts.Symbol | undefined {
    if (value === undefined || type === undefined || value === type) return value ?? type;
    const alias = this.#ts.SymbolFlags.Alias;
    if ((value.flags | type.flags) & alias) return value;
    const TypeScriptSymbol = this.#ts.objectAllocator.getSymbolConstructor();
    const both = new TypeScriptSymbol(
      value.flags | type.flags,
      this.#ts.escapeLeadingUnderscores(name),
    );
    both.declarations = [...(value.declarations ?? []), ...(type.declarations ?? [])];
    if (value.valueDeclaration) both.valueDeclaration = value.valueDeclaration;
    const members = type.members ?? value.members;
    if (members) both.members = members;
    const exports = value.exports ?? type.exports;
    if (exports) both.exports = exports;
    return both;
  }
}
