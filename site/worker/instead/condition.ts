/** @throws Error: conditions are checked by TypeScript's compiler, which is as large as the model */
export function compileCondition(text: string): never {
  throw new Error(
    `Expected no condition here, got ${JSON.stringify(text)}: it is checked by a compiler that this page does not carry. Leave it empty, or step in a notebook.`,
  );
}

/** A condition as it is written. */
export const conditionText = (condition: object): string => String(condition);
