/** A comma between selectors, not one between arguments. */
const COMMA = /,(?![^(]*\))/;

/**
 * A picture's rules, for its root and what lies below it alone: pictures of one page have classes of the same names, and what all of them
 * share must not come once more behind what one of them says otherwise. `:where` adds no weight, so that the rules stand to each
 * other, and to the page's, as they are written.
 * @param styles rules without at-rules and without rules inside of rules
 * @param picture what the root has as `data-vt-picture`
 */
export function scopedStyles(styles: string, picture: string): string {
  const mark = `[data-vt-picture="${picture}"]`;
  const below = (selector: string): string =>
    /^\.vt(?![\w-])/.test(selector)
      ? selector.replace(".vt", `.vt:where(${mark})`)
      : `:where(.vt${mark}) ${selector}`;
  return styles.replace(/\/\*[\s\S]*?\*\//g, "").replace(/[^{}]+(?=\{)/g, (list) =>
    list
      .split(COMMA)
      .map((selector) => below(selector.trim()))
      .join(", "),
  );
}
