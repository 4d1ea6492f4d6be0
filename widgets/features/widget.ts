import { checkOptions } from "../../kernel/display/checkOptions.ts";
import { Picture } from "../render/picture.ts";
import { describeRun, type ExplainedRun } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import { type FeaturesState, featureRows, featuresText, type TokenFeature } from "./data.ts";
import { checkFeatures } from "./refusals.ts";
import { featuresPicture } from "./staticPicture.ts";
import { featureTables } from "./tables.ts";

/**
 * Numbers of tokens over the text, by name: features of a dictionary, a probe's scores, a row of a tensor. Features down, tokens across,
 * and the text coloured by one of them; of each its largest tokens.
 * @param features one number for each token of the run
 * @throws KernelError ERR_OPTION; TypeError for other than one number for each token, two of one name, or past 131,072 numbers
 */
export function featureStrip(
  features: readonly TokenFeature[],
  run: Pick<ExplainedRun, "id" | "record">,
  options: Readonly<Record<string, never>> = {},
): Picture<FeaturesState> {
  checkOptions("featureStrip", options, {});
  const { record } = run;
  checkFeatures(features, record.tokens.length);
  const rows = featureRows(
    features,
    record.tokens.map(({ text }) => text),
  );
  const subtitle = describeRun(record);
  return new Picture<FeaturesState>({
    name: "features",
    esm: viewSource("features"),
    state: { ...rows, runId: run.id, subtitle },
    svg: () => featuresPicture(rows, subtitle),
    text: () => featuresText(rows, subtitle),
    tables: () => featureTables(record, rows),
    records: [record],
  });
}
