/**
 * `npx tsx bench/syntheticModel.ts FOLDER --shape dense --format q8_0`: writes a checkpoint of random weights for the benches
 * of loading and of speed: models that people have, by their shape, without a download.
 */
import { Argument, Command, Option } from "commander";
import { FORMATS, type FormatName } from "./synthetic/randomWeights.ts";
import { SHAPES } from "./synthetic/shapes.ts";
import { writeSynthetic } from "./synthetic/writeSynthetic.ts";

const shapes = Object.entries(SHAPES).map(([name, { words }]) => `${name}: ${words}`);
const command = new Command("syntheticModel")
  .description("Writes a checkpoint of random weights")
  .addArgument(new Argument("<folder>", "is made where there is none"))
  .addOption(
    new Option("--shape <name>", shapes.join("; "))
      .choices(Object.keys(SHAPES))
      .makeOptionMandatory(),
  )
  .addOption(
    new Option("--format <name>", "bf16 is safetensors, others GGUF")
      .choices(Object.keys(FORMATS))
      .makeOptionMandatory(),
  )
  .parse();
const { shape, format } = command.opts<{ shape: keyof typeof SHAPES; format: FormatName }>();
const path = await writeSynthetic(command.args[0] as string, shape, format);
process.stdout.write(`${path}\n`);
