import type ts from "typescript";
import { accessOf } from "./cellNames.ts";
import { RUNTIME_NAME, SCOPE_NAME } from "./rewriteNames.ts";
import type { TypeScript } from "./typescript.ts";

type Declaration = ts.ClassDeclaration | ts.EnumDeclaration | ts.ModuleDeclaration;

interface CellNames {
  readonly file: ts.SourceFile;
  /** Symbols of the file's own top level. */
  readonly own: ReadonlyMap<string, ts.Symbol>;
  /** Names that earlier cells put on the scope. */
  readonly knownNames: ReadonlySet<string>;
}

/** Rewrites the syntax tree of one cell; see `rewriteCell`. */
export class BindingRewriter {
  readonly variables: string[] = [];
  readonly declared: string[] = [];
  /** Names of other cells that this one reads, and that it gives other values. */
  readonly reads = new Set<string>();
  readonly writes = new Set<string>();
  hasTopLevelAwait = false;
  asksForArguments = false;

  readonly #ts: TypeScript;
  readonly #factory: ts.NodeFactory;
  readonly #context: ts.TransformationContext;
  readonly #checker: ts.TypeChecker;
  readonly #knownNames: ReadonlySet<string>;
  readonly #file: ts.SourceFile;
  readonly #cellSymbols: ReadonlyMap<string, ts.Symbol>;
  /** Classes, enums and namespaces around the node at hand: inside, they are called by their own local name. */
  readonly #enclosing: ts.Symbol[] = [];
  #functionDepth = 0;

  constructor(
    compiler: TypeScript,
    context: ts.TransformationContext,
    checker: ts.TypeChecker,
    { file, own, knownNames }: CellNames,
  ) {
    this.#ts = compiler;
    this.#context = context;
    this.#factory = context.factory;
    this.#checker = checker;
    this.#knownNames = knownNames;
    this.#file = file;
    this.#cellSymbols = own;
    for (const [name, symbol] of this.#cellSymbols) {
      const { SymbolFlags } = compiler;
      if (this.#isOnlyAmbient(symbol)) continue;
      if (symbol.flags & SymbolFlags.Value) this.declared.push(name);
      if (symbol.flags & SymbolFlags.FunctionScopedVariable) this.variables.push(name);
    }
  }

  rewrite(root: ts.SourceFile): ts.SourceFile {
    const hoisted: ts.Statement[] = [];
    const body: ts.Statement[] = [];
    const lastValue = this.#lastExpression(root.statements);
    for (const statement of root.statements) {
      if (this.#ts.isImportDeclaration(statement) || this.#ts.isExportDeclaration(statement))
        continue;
      if (this.#ts.isFunctionDeclaration(statement)) hoisted.push(...this.#hoist(statement));
      else if (statement === lastValue) {
        const value = this.#expression(lastValue.expression);
        body.push(this.#at(this.#factory.createReturnStatement(value), statement));
      } else body.push(...this.#statement(statement));
    }
    return this.#factory.updateSourceFile(root, [...hoisted, ...body]);
  }

  /** The statement whose value the cell shows: the last one, types and empty statements aside. */
  #lastExpression(statements: readonly ts.Statement[]): ts.ExpressionStatement | null {
    const last = statements.findLast(
      (statement) =>
        !this.#ts.isEmptyStatement(statement) &&
        !this.#ts.isInterfaceDeclaration(statement) &&
        !this.#ts.isTypeAliasDeclaration(statement),
    );
    return last !== undefined && this.#ts.isExpressionStatement(last) ? last : null;
  }

  #hoist(declaration: ts.FunctionDeclaration): ts.Statement[] {
    const { name, body, modifiers = [] } = declaration;
    if (name === undefined || body === undefined || this.#isAmbient(declaration)) return [];
    this.#functionDepth++;
    const inner = this.#ts.visitEachChild(declaration, this.#visit, this.#context);
    this.#functionDepth--;
    const value = this.#factory.createFunctionExpression(
      (modifiers as readonly ts.Modifier[]).filter(
        ({ kind }) => kind === this.#ts.SyntaxKind.AsyncKeyword,
      ),
      inner.asteriskToken,
      inner.name,
      inner.typeParameters,
      inner.parameters,
      inner.type,
      inner.body ?? body,
    );
    return [this.#assign(name, this.#at(value, declaration), declaration)];
  }

  #statement(statement: ts.Statement): ts.Statement[] {
    if (
      this.#ts.isClassDeclaration(statement) ||
      this.#ts.isEnumDeclaration(statement) ||
      this.#ts.isModuleDeclaration(statement)
    ) {
      return this.#declaration(statement);
    }
    if (this.#ts.isImportEqualsDeclaration(statement)) return this.#importEquals(statement);
    if (this.#ts.isVariableStatement(statement) && this.#isUsing(statement.declarationList)) {
      return this.#using(statement.declarationList);
    }
    const visited = this.#ts.visitNode(statement, this.#visit) as ts.Statement | undefined;
    return visited === undefined ? [] : [visited];
  }

  #declaration(declaration: Declaration): ts.Statement[] {
    const { name } = declaration;
    if (name === undefined || !this.#ts.isIdentifier(name) || this.#isAmbient(declaration)) {
      return [declaration];
    }
    const symbol = this.#cellSymbols.get(name.text);
    if (symbol !== undefined) this.#enclosing.push(symbol);
    const local = this.#ts.visitEachChild(declaration, this.#visit, this.#context);
    if (symbol === undefined) return [local];
    this.#enclosing.pop();
    if (!(symbol.flags & this.#ts.SymbolFlags.Value)) return [local];
    return [local, this.#assign(name, this.#factory.createIdentifier(name.text), declaration)];
  }

  #isUsing({ flags }: ts.VariableDeclarationList): boolean {
    return (flags & this.#ts.NodeFlags.Using) !== 0;
  }

  /** `using a = open()` as `using a_1 = open(); scope.a = a_1`: disposed of when the cell ends. */
  #using({ declarations, flags }: ts.VariableDeclarationList): ts.Statement[] {
    const factory = this.#factory;
    const kind = flags & this.#ts.NodeFlags.BlockScoped;
    if (kind === this.#ts.NodeFlags.AwaitUsing) this.hasTopLevelAwait = true;
    return declarations.flatMap(({ name, initializer }) => {
      if (!this.#ts.isIdentifier(name) || initializer === undefined) return [];
      const resource = factory.createUniqueName(name.text);
      const value = this.#named(name, initializer, this.#expression(initializer));
      const declaration = factory.createVariableDeclaration(resource, undefined, undefined, value);
      const list = factory.createVariableDeclarationList([declaration], kind);
      return [
        this.#at(factory.createVariableStatement(undefined, list), name),
        this.#assign(name, resource, name),
      ];
    });
  }

  #importEquals(statement: ts.ImportEqualsDeclaration): ts.Statement[] {
    const { moduleReference, name } = statement;
    if (statement.isTypeOnly || this.#ts.isExternalModuleReference(moduleReference)) return [];
    this.declared.push(name.text);
    return [this.#assign(name, this.#entityName(moduleReference), statement)];
  }

  #entityName(name: ts.EntityName): ts.Expression {
    return this.#ts.isIdentifier(name)
      ? this.#reference(name)
      : this.#factory.createPropertyAccessExpression(this.#entityName(name.left), name.right.text);
  }

  readonly #visit = (node: ts.Node): ts.Node => {
    const { SyntaxKind } = this.#ts;
    if (this.#ts.isTypeNode(node) && node.kind !== SyntaxKind.ExpressionWithTypeArguments)
      return node;
    if (this.#ts.isFunctionLike(node) || this.#ts.isClassStaticBlockDeclaration(node)) {
      this.#functionDepth++;
      const visited = this.#ts.visitEachChild(node, this.#visit, this.#context);
      this.#functionDepth--;
      return visited;
    }
    if (this.#ts.isIdentifier(node)) return this.#isReference(node) ? this.#reference(node) : node;
    if (this.#ts.isShorthandPropertyAssignment(node)) return this.#shorthand(node);
    if (this.#ts.isVariableStatement(node) && this.#isCellList(node.declarationList)) {
      return this.#isAmbient(node)
        ? node
        : this.#at(
            this.#factory.createExpressionStatement(this.#assignments(node.declarationList)),
            node,
          );
    }
    if (this.#ts.isVariableDeclarationList(node) && this.#isCellList(node)) {
      const isLoopTarget =
        this.#ts.isForOfStatement(node.parent) || this.#ts.isForInStatement(node.parent);
      const [first] = node.declarations;
      return isLoopTarget && first !== undefined
        ? this.#target(first.name)
        : this.#assignments(node);
    }
    if (this.#ts.isAwaitExpression(node)) return this.#await(node);
    if (this.#ts.isCallExpression(node)) return this.#call(node);
    if (this.#ts.isTaggedTemplateExpression(node)) return this.#taggedTemplate(node);
    if (this.#ts.isMetaProperty(node) && node.keywordToken === SyntaxKind.ImportKeyword) {
      return this.#at(this.#runtime("meta"), node);
    }
    if (this.#ts.isIterationStatement(node, false)) return this.#loop(node);
    return this.#ts.visitEachChild(node, this.#visit, this.#context);
  };

  #expression(node: ts.Expression): ts.Expression {
    return this.#ts.visitNode(node, this.#visit) as ts.Expression;
  }

  #await(node: ts.AwaitExpression): ts.Node {
    if (this.#functionDepth === 0) this.hasTopLevelAwait = true;
    const awaited = this.#call1("wait", this.#expression(node.expression));
    return this.#factory.updateAwaitExpression(node, awaited);
  }

  /** A call through a name on the scope must not pass the scope as `this`; `import(...)` is the runtime's. */
  #call(node: ts.CallExpression): ts.Node {
    if (node.expression.kind === this.#ts.SyntaxKind.ImportKeyword) {
      const args = node.arguments.map((argument) => this.#expression(argument));
      return this.#at(
        this.#factory.createCallExpression(this.#runtime("import"), undefined, args),
        node,
      );
    }
    const visited = this.#ts.visitEachChild(node, this.#visit, this.#context);
    return this.#factory.updateCallExpression(
      visited,
      this.#unbound(node.expression, visited.expression),
      visited.typeArguments,
      visited.arguments,
    );
  }

  #taggedTemplate(node: ts.TaggedTemplateExpression): ts.Node {
    const visited = this.#ts.visitEachChild(node, this.#visit, this.#context);
    return this.#factory.updateTaggedTemplateExpression(
      visited,
      this.#unbound(node.tag, visited.tag),
      visited.typeArguments,
      visited.template,
    );
  }

  #unbound<Callee extends ts.Expression>(original: ts.Expression, callee: Callee): Callee {
    const inner = this.#ts.skipOuterExpressions(original);
    if (!this.#ts.isIdentifier(inner) || !this.#isOnScope(inner)) return callee;
    const comma = this.#factory.createComma(this.#factory.createNumericLiteral(0), callee);
    return this.#at(this.#factory.createParenthesizedExpression(comma), original) as never;
  }

  /** A loop asks at each turn whether it was interrupted; `for await` also between turns. */
  #loop(node: ts.IterationStatement): ts.Node {
    const visited = this.#ts.visitEachChild(node, this.#visit, this.#context);
    const poll = this.#factory.createExpressionStatement(
      this.#factory.createCallExpression(this.#runtime("poll"), undefined, []),
    );
    const inner = this.#ts.isBlock(visited.statement)
      ? visited.statement.statements
      : [visited.statement];
    const body = this.#at(this.#factory.createBlock([poll, ...inner], true), node.statement);
    const factory = this.#factory;
    if (this.#ts.isWhileStatement(visited)) {
      return factory.updateWhileStatement(visited, visited.expression, body);
    }
    if (this.#ts.isDoStatement(visited)) {
      return factory.updateDoStatement(visited, body, visited.expression);
    }
    if (this.#ts.isForStatement(visited)) {
      const { initializer, condition, incrementor } = visited;
      return factory.updateForStatement(visited, initializer, condition, incrementor, body);
    }
    if (this.#ts.isForInStatement(visited)) {
      return factory.updateForInStatement(visited, visited.initializer, visited.expression, body);
    }
    if (!this.#ts.isForOfStatement(visited)) return visited;
    const isAwait = visited.awaitModifier !== undefined;
    if (isAwait && this.#functionDepth === 0) this.hasTopLevelAwait = true;
    return factory.updateForOfStatement(
      visited,
      visited.awaitModifier,
      visited.initializer,
      isAwait ? this.#call1("iterate", visited.expression) : visited.expression,
      body,
    );
  }

  #shorthand(node: ts.ShorthandPropertyAssignment): ts.Node {
    const initializer =
      node.objectAssignmentInitializer && this.#expression(node.objectAssignmentInitializer);
    const symbol = this.#checker.getShorthandAssignmentValueSymbol(node);
    if (!this.#isScopeSymbol(node.name.text, symbol)) {
      return this.#factory.updateShorthandPropertyAssignment(node, node.name, initializer);
    }
    const value = this.#onScope(node.name);
    this.#note(node.name);
    return this.#at(
      this.#factory.createPropertyAssignment(
        node.name.text,
        initializer ? this.#factory.createAssignment(value, initializer) : value,
      ),
      node,
    );
  }

  /** Whether these variables belong to the cell itself rather than to a function or a block in it. */
  #isCellList(list: ts.VariableDeclarationList): boolean {
    return list.declarations.some(({ name }) => this.#bindsOnScope(name));
  }

  #bindsOnScope(name: ts.BindingName): boolean {
    if (this.#ts.isIdentifier(name)) {
      return this.#cellSymbols.get(name.text) === this.#checker.getSymbolAtLocation(name);
    }
    return name.elements.some(
      (element) => this.#ts.isBindingElement(element) && this.#bindsOnScope(element.name),
    );
  }

  /** `let a = 1, [b] = c` as `scope.a = 1, [scope.b] = c`; `var a` alone does nothing, `let a` resets. */
  #assignments(list: ts.VariableDeclarationList): ts.Expression {
    const isLexical = (list.flags & this.#ts.NodeFlags.BlockScoped) !== 0;
    const parts = list.declarations.flatMap(({ name, initializer }) => {
      if (initializer === undefined && !isLexical) return [];
      const value =
        initializer === undefined
          ? this.#factory.createVoidZero()
          : this.#named(name, initializer, this.#expression(initializer));
      return [this.#at(this.#factory.createAssignment(this.#target(name), value), name)];
    });
    const [first = this.#factory.createVoidZero(), ...rest] = parts;
    const joined = rest.reduce<ts.Expression>((a, b) => this.#factory.createComma(a, b), first);
    return this.#factory.createParenthesizedExpression(joined);
  }

  /** An anonymous function takes the name of the variable it is assigned to, as it would without the rewriting. */
  #named(name: ts.BindingName, original: ts.Expression, value: ts.Expression): ts.Expression {
    const inner = this.#ts.skipOuterExpressions(original);
    const isAnonymous =
      this.#ts.isArrowFunction(inner) ||
      ((this.#ts.isFunctionExpression(inner) || this.#ts.isClassExpression(inner)) &&
        inner.name === undefined);
    if (!isAnonymous || !this.#ts.isIdentifier(name)) return value;
    const holder = this.#factory.createObjectLiteralExpression([
      this.#factory.createPropertyAssignment(this.#factory.createIdentifier(name.text), value),
    ]);
    return this.#factory.createPropertyAccessExpression(holder, name.text);
  }

  /** A binding pattern as an assignment pattern onto the scope. */
  #target(name: ts.BindingName): ts.Expression {
    const factory = this.#factory;
    if (this.#ts.isIdentifier(name)) return this.#onScope(name);
    const withDefault = (element: ts.BindingElement): ts.Expression => {
      const target = this.#target(element.name);
      return element.initializer === undefined
        ? target
        : factory.createAssignment(target, this.#expression(element.initializer));
    };
    if (this.#ts.isArrayBindingPattern(name)) {
      return factory.createArrayLiteralExpression(
        name.elements.map((element) => {
          if (this.#ts.isOmittedExpression(element)) return element;
          return element.dotDotDotToken
            ? factory.createSpreadElement(this.#target(element.name))
            : withDefault(element);
        }),
      );
    }
    return factory.createObjectLiteralExpression(
      name.elements.map((element) => {
        if (element.dotDotDotToken)
          return factory.createSpreadAssignment(this.#target(element.name));
        const key = element.propertyName ?? (element.name as ts.Identifier);
        const visitedKey = this.#ts.isComputedPropertyName(key)
          ? (this.#ts.visitNode(key, this.#visit) as ts.PropertyName)
          : this.#ts.isIdentifier(key)
            ? factory.createIdentifier(key.text)
            : key;
        return factory.createPropertyAssignment(visitedKey, withDefault(element));
      }),
    );
  }

  #assign(name: ts.Identifier, value: ts.Expression, original: ts.Node): ts.Statement {
    const assignment = this.#factory.createAssignment(this.#onScope(name), value);
    return this.#at(this.#factory.createExpressionStatement(assignment), original);
  }

  #isReference(node: ts.Identifier): boolean {
    const { parent } = node;
    if (this.#ts.isPropertyAccessExpression(parent)) return parent.expression === node;
    if (
      this.#ts.isPropertyAssignment(parent) ||
      this.#ts.isBindingElement(parent) ||
      this.#ts.isVariableDeclaration(parent) ||
      this.#ts.isParameter(parent) ||
      this.#ts.isPropertyDeclaration(parent) ||
      this.#ts.isEnumMember(parent)
    ) {
      return parent.initializer === node;
    }
    if (this.#ts.isExportAssignment(parent)) return true;
    return !(
      this.#ts.isNamedDeclaration(parent) ||
      this.#ts.isQualifiedName(parent) ||
      this.#ts.isLabeledStatement(parent) ||
      this.#ts.isBreakOrContinueStatement(parent) ||
      this.#ts.isMetaProperty(parent)
    );
  }

  #reference(node: ts.Identifier): ts.Expression {
    if (node.text === "arguments" && !this.#hasArguments(node)) this.asksForArguments = true;
    if (!this.#isOnScope(node)) return node;
    this.#note(node);
    return this.#onScope(node);
  }

  #note(node: ts.Identifier): void {
    if (this.#cellSymbols.has(node.text)) return;
    const { isRead, isWritten } = accessOf(this.#ts, node);
    if (isRead) this.reads.add(node.text);
    if (isWritten) this.writes.add(node.text);
  }

  #hasArguments(node: ts.Node): boolean {
    const { isFunctionLike, isArrowFunction } = this.#ts;
    return (
      this.#ts.findAncestor(node, (each) => isFunctionLike(each) && !isArrowFunction(each)) !==
      undefined
    );
  }

  #isOnScope(node: ts.Identifier): boolean {
    return this.#isScopeSymbol(node.text, this.#checker.getSymbolAtLocation(node));
  }

  #isScopeSymbol(name: string, symbol: ts.Symbol | undefined): boolean {
    // Declared elsewhere is what an earlier cell declared, or a global, which a cell may have replaced.
    const isOwn = symbol?.declarations?.some((each) => each.getSourceFile() === this.#file);
    if (symbol !== undefined && isOwn && !this.#isOnlyAmbient(symbol)) {
      return this.#cellSymbols.get(name) === symbol && !this.#enclosing.includes(symbol);
    }
    return this.#knownNames.has(name);
  }

  #onScope(node: ts.Identifier): ts.Expression {
    const scope = this.#factory.createIdentifier(SCOPE_NAME);
    return this.#at(this.#factory.createPropertyAccessExpression(scope, node.text), node);
  }

  #runtime(member: string): ts.Expression {
    const runtime = this.#factory.createIdentifier(RUNTIME_NAME);
    return this.#factory.createPropertyAccessExpression(runtime, member);
  }

  #call1(member: string, argument: ts.Expression): ts.Expression {
    return this.#factory.createCallExpression(this.#runtime(member), undefined, [argument]);
  }

  /** Whether a name of the cell's top level is only said to exist, with `declare`. */
  #isOnlyAmbient(symbol: ts.Symbol): boolean {
    const values = (symbol.declarations ?? []).filter(
      (each) => !this.#ts.isInterfaceDeclaration(each) && !this.#ts.isTypeAliasDeclaration(each),
    );
    return (
      values.length > 0 &&
      values.every(
        (each) => this.#ts.getCombinedModifierFlags(each) & this.#ts.ModifierFlags.Ambient,
      )
    );
  }

  #isAmbient(node: ts.Node): boolean {
    return (
      this.#ts.canHaveModifiers(node) &&
      (this.#ts
        .getModifiers(node)
        ?.some(({ kind }) => kind === this.#ts.SyntaxKind.DeclareKeyword) ??
        false)
    );
  }

  #at<Node extends ts.Node>(node: Node, original: ts.Node): Node {
    return this.#ts.setTextRange(node, original);
  }
}
