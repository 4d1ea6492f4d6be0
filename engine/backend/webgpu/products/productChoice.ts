/** How the invocations of a workgroup share a product's rows and columns. No bit depends on it. */
export type FormChoice = RowChoice | TileChoice | LaneChoice;

/** `rowForm`. */
interface RowChoice {
  readonly form: "rows";
  /** Rows that an invocation adds, of all weights together: 2 at least, since two may share the columns. */
  readonly rowsEach: number;
  readonly columns: number;
  /** Join the lanes of a row in a subgroup, where the device's smallest have room for all of them. */
  readonly subgroups?: true;
}

/** `tileForm`. */
interface TileChoice {
  readonly form: "tile";
  /** Invocations along the rows and along the columns. */
  readonly across: number;
  readonly along: number;
  /** What each of them adds. */
  readonly rowsEach: number;
  readonly columnsEach: number;
}

/** `laneForm`. */
interface LaneChoice {
  readonly form: "lanes";
  readonly rowsEach: number;
  readonly columns: number;
  readonly subgroups: boolean;
}

/** The forms of products with one column, with few (2 to 8) and with many. That of one column takes no more than one at a time. */
export interface ProductChoice {
  readonly one: FormChoice;
  readonly few: FormChoice;
  readonly many: FormChoice;
}

/**
 * How matrix products are shared out: through workgroup memory, as graphics processors like it; or by whole products for
 * each invocation, as software adapters do, with activations exchanged in subgroups where there are any.
 */
export type ProductStyle = (typeof PRODUCT_STYLES)[number];

export const PRODUCT_STYLES = ["workgroup", "lanes", "subgroups"] as const;

/** What is taken where nobody has measured. */
export function choiceOf(style: ProductStyle): ProductChoice {
  if (style === "workgroup")
    return {
      one: { form: "rows", rowsEach: 4, columns: 1 },
      few: { form: "rows", rowsEach: 4, columns: 4 },
      many: { form: "tile", across: 8, along: 16, rowsEach: 8, columnsEach: 4 },
    };
  const subgroups = style === "subgroups";
  const several = { form: "lanes", rowsEach: 4, columns: 4, subgroups } as const;
  const many = { form: "lanes", rowsEach: 4, columns: subgroups ? 8 : 4, subgroups } as const;
  return {
    one: { form: "lanes", rowsEach: 8, columns: 1, subgroups },
    few: several,
    many,
  };
}

const BOTH = [false, true] as const;

const lanes = (rowsEach: number, columns: number): FormChoice[] =>
  BOTH.map((subgroups) => ({ form: "lanes", rowsEach, columns, subgroups }));

/** What may be chosen: the forms that `vitrine tune` tries. */
export const CANDIDATES: Readonly<Record<keyof ProductChoice, readonly FormChoice[]>> = {
  one: [
    ...[4, 2, 8].map((rowsEach): FormChoice => ({ form: "rows", rowsEach, columns: 1 })),
    ...[4, 2].map(
      (rowsEach): FormChoice => ({ ...{ form: "rows", rowsEach, columns: 1 }, subgroups: true }),
    ),
    ...lanes(8, 1),
    ...lanes(4, 1),
  ],
  few: [
    ...[4, 2, 8].map((rowsEach): FormChoice => ({ form: "rows", rowsEach, columns: 4 })),
    { form: "rows", rowsEach: 4, columns: 8 },
    { form: "rows", rowsEach: 4, columns: 4, subgroups: true },
    ...lanes(4, 4),
  ],
  many: [
    { form: "tile", across: 8, along: 16, rowsEach: 8, columnsEach: 4 },
    { form: "tile", across: 8, along: 16, rowsEach: 4, columnsEach: 4 },
    { form: "tile", across: 16, along: 16, rowsEach: 4, columnsEach: 4 },
    { form: "tile", across: 8, along: 8, rowsEach: 8, columnsEach: 4 },
    ...lanes(4, 4),
    ...lanes(4, 8),
  ],
};

export function sameForm(a: FormChoice, b: FormChoice): boolean {
  return describeForm(a) === describeForm(b);
}

/** In words, e.g. "tile 8x16 of 8x4". */
export function describeForm(choice: FormChoice): string {
  if (choice.form === "tile") {
    const { across, along, rowsEach, columnsEach } = choice;
    return `tile ${across}x${along} of ${rowsEach}x${columnsEach}`;
  }
  const { form, rowsEach, columns } = choice;
  const exchange = choice.subgroups ? " with subgroups" : "";
  return `${form} ${rowsEach}x${columns}${exchange}`;
}

/** The numbers of columns that have a form of their own. */
export const COLUMN_CLASSES = ["one", "few", "many"] as const;

/** A choice from outside: one of the candidates for each number of columns, or null. */
export function productChoice(given: unknown): ProductChoice | null {
  if (typeof given !== "object" || given === null) return null;
  const { one, few, many } = given as Record<string, unknown>;
  const found = {
    one: candidate("one", one),
    few: candidate("few", few),
    many: candidate("many", many),
  };
  return found.one && found.few && found.many ? (found as ProductChoice) : null;
}

function candidate(columns: keyof ProductChoice, given: unknown): FormChoice | undefined {
  const written = JSON.stringify(given, Object.keys(given ?? {}).sort());
  return CANDIDATES[columns].find(
    (known) => JSON.stringify(known, Object.keys(known).sort()) === written,
  );
}

export function usesSubgroups(choice: ProductChoice): boolean {
  return COLUMN_CLASSES.some((columns) => {
    const form = choice[columns];
    return form.form !== "tile" && form.subgroups === true;
  });
}
