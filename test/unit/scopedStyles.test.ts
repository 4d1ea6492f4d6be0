import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { STYLES as anatomyStyles } from "../../widgets/anatomy/styles.ts";
import { STYLES as attentionStyles } from "../../widgets/attention/styles.ts";
import { STYLES as attributionStyles } from "../../widgets/attribution/styles.ts";
import { STYLES as certificateStyles } from "../../widgets/certificate/styles.ts";
import { STYLES as comparisonStyles } from "../../widgets/comparison/styles.ts";
import { STYLES as costStyles } from "../../widgets/cost/styles.ts";
import { STYLES as draftsStyles } from "../../widgets/drafts/styles.ts";
import { STYLES as featuresStyles } from "../../widgets/features/styles.ts";
import { STYLES as latentStyles } from "../../widgets/latent/styles.ts";
import { STYLES as lensStyles } from "../../widgets/lens/styles.ts";
import { STYLES as precisionStyles } from "../../widgets/precision/styles.ts";
import { BASE_STYLES } from "../../widgets/render/baseStyles.ts";
import { CHART_STYLES } from "../../widgets/render/chart/chartStyles.ts";
import { scopedStyles } from "../../widgets/render/scopedStyles.ts";
import { STYLES as routingStyles } from "../../widgets/routing/styles.ts";
import { STYLES as samplesStyles } from "../../widgets/samples/styles.ts";
import { STYLES as sparseStyles } from "../../widgets/sparse/styles.ts";
import { STYLES as stepperStyles } from "../../widgets/stepper/styles.ts";
import { STYLES as sweepStyles } from "../../widgets/sweep/styles.ts";
import { STYLES as tokensStyles } from "../../widgets/tokens/styles.ts";

const source = (...path: readonly string[]): string =>
  readFileSync(inRepository("widgets", ...path), "utf8");

const PICTURES = readdirSync(inRepository("widgets")).filter(
  (name) =>
    existsSync(inRepository("widgets", name, "view.ts")) &&
    source(name, "view.ts").includes("createShell("),
);

const OWN_STYLES: Readonly<Record<string, string>> = {
  anatomy: anatomyStyles,
  attention: attentionStyles,
  attribution: attributionStyles,
  certificate: certificateStyles,
  comparison: comparisonStyles,
  cost: costStyles,
  drafts: draftsStyles,
  features: featuresStyles,
  latent: latentStyles,
  lens: lensStyles,
  precision: precisionStyles,
  routing: routingStyles,
  samples: samplesStyles,
  sparse: sparseStyles,
  stepper: stepperStyles,
  sweep: sweepStyles,
  tokens: tokensStyles,
};

/** A picture's own rules, as its view hands them to the shell: those of charts where it has none. */
function stylesOf(picture: string): string {
  const own = OWN_STYLES[picture];
  assert.equal(
    own !== undefined,
    existsSync(inRepository("widgets", picture, "styles.ts")),
    picture,
  );
  return own ?? CHART_STYLES;
}

/** Lists of selectors, and what they declare. */
const rulesOf = (styles: string): [string, string][] =>
  [...styles.replace(/\/\*[\s\S]*?\*\//g, "").matchAll(/([^{}]+)\{([^{}]*)\}/g)].map(
    ([, list = "", declared = ""]) => [list.trim(), declared],
  );

test("every picture hands its own name to the shell, which alone puts styles into pictures", () => {
  assert.ok(PICTURES.length >= 17);
  for (const picture of PICTURES)
    assert.ok(source(picture, "view.ts").includes(`picture: "${picture}",`), picture);
  const files = readdirSync(inRepository("widgets"), { recursive: true, encoding: "utf8" });
  const making = files.filter(
    (file) => file.endsWith(".ts") && /\belement\(\s*"style"/.test(source(file)),
  );
  assert.deepEqual(making, ["render/shell.ts"]);
});

for (const picture of PICTURES)
  test(`every selector of ${picture} begins with its root, and no rule is lost`, () => {
    const styles = BASE_STYLES + stylesOf(picture);
    const [plain, scoped] = [rulesOf(styles), rulesOf(scopedStyles(styles, picture))];
    assert.ok(plain.length > 0);
    assert.deepEqual(
      scoped.map(([, declared]) => declared),
      plain.map(([, declared]) => declared),
    );
    const mark = `[data-vt-picture="${picture}"]`;
    const roots = [`:where(.vt${mark}) `, `.vt:where(${mark})`];
    for (const [list] of scoped)
      for (const selector of list.split(/,\s*/))
        assert.ok(
          roots.some((root) => selector.startsWith(root)),
          selector,
        );
    assert.doesNotMatch(styles, /@/); // whose blocks are no rules
  });

test("a selector keeps its weight, and its arguments their commas", () => {
  assert.equal(
    scopedStyles("/* a, b */\n.vt-a, .vt .b:is(i, u) , .vt[data-x] c { color: red; }", "p"),
    ':where(.vt[data-vt-picture="p"]) .vt-a, .vt:where([data-vt-picture="p"]) .b:is(i, u), .vt:where([data-vt-picture="p"])[data-x] c{ color: red; }',
  );
});
