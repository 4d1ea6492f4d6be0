import { Command, InvalidArgumentError } from "commander";
import { readEdits } from "../../engine/act/readEdits.node.ts";
import type { Model, Run, SiteInfo } from "../../engine/index.node.ts";
import { matchSites } from "../../engine/plan/sites/matchSites.ts";
import { hashModel } from "../../engine/weights/hashModel.node.ts";
import { type TensorSource, writeSafetensors } from "../../engine/weights/writeSafetensors.node.ts";
import { interruptSignal } from "../interruptSignal.ts";
import { addModelOptions, type ModelOptions, withModel } from "../modelOptions.ts";
import { packageVersion } from "../packageVersion.ts";
import { tokenIdList } from "../parseNumbers.ts";
import { UsageError } from "../usageError.ts";
import { writeJson } from "../writeJson.ts";

interface TraceOptions extends ModelOptions {
  readonly prompt?: string;
  readonly tokenIds?: number[];
  readonly capture?: string[];
  readonly edits?: string;
  readonly out?: string;
  readonly profile?: string;
}

function globList(text: string): string[] {
  const globs = text
    .split(",")
    .map((glob) => glob.trim())
    .filter((glob) => glob !== "");
  if (globs.length > 0) return globs;
  throw new InvalidArgumentError("Expected site names or globs between commas.");
}

function inputOf({ prompt, tokenIds }: TraceOptions): string | number[] {
  if ((prompt === undefined) === (tokenIds === undefined)) {
    const got = prompt === undefined ? "neither" : "both";
    throw new UsageError(`trace: expected --prompt or --token-ids, got ${got}. Say one of them.`);
  }
  return (prompt ?? tokenIds) as string | number[];
}

/** The sites and the file they go to; null where only operators are measured. */
function outputOf({ capture, out, profile }: TraceOptions) {
  if (capture !== undefined && out !== undefined) return { capture, out };
  if (capture === undefined && out === undefined && profile !== undefined) return null;
  const got =
    capture !== undefined ? "--capture alone" : out !== undefined ? "--out alone" : "none";
  throw new UsageError(
    `trace: expected --capture with --out, or --profile, or all three, got ${got}. Say which file to write, and what into it.`,
  );
}

/** What ran, in the file's metadata: enough to run it again and to know that it is the same. */
function manifest(
  { model, sha256 }: { readonly model: Model; readonly sha256: string },
  run: Run,
  capture: readonly string[],
): Record<string, string> {
  const { architecture, hash } = model.record;
  return {
    format: "vitrine-trace-1",
    token_ids: JSON.stringify(run.tokens.map((token) => token.id)),
    manifest: JSON.stringify({
      model: { name: model.name, architecture, hash, sha256 },
      backend: model.backend,
      capture,
      edits: run.edits,
      versions: { vitrine: packageVersion(), node: process.versions.node },
    }),
  };
}

/** The site as a tensor of a file; its numbers are read when they are written. */
function tensorSource(run: Run, site: SiteInfo): TensorSource {
  const { name, dtype } = site;
  const shape = site.shape.map((axis) => (typeof axis === "number" ? axis : run.tokens.length));
  const data = async () => {
    const values = (await run.get(name)).data;
    return dtype === "i32" ? Int32Array.from(values) : Float32Array.from(values);
  };
  return { name, dtype: dtype === "i32" ? "I32" : "F32", shape, data };
}

async function trace(options: TraceOptions): Promise<void> {
  const input = inputOf(options);
  const output = outputOf(options);
  const profile = options.profile !== undefined;
  const signal = interruptSignal();
  const edits = options.edits === undefined ? [] : await readEdits(options.edits);
  await withModel(options, signal, async (model) => {
    const capture = output?.capture ?? [];
    const sites = matchSites(capture, model.sites());
    const run = await model.run(input, { capture, edits, profile, signal });
    if (options.profile !== undefined) {
      const made = run.profileTrace();
      await writeJson("trace --profile", options.profile, made);
      process.stdout.write(
        `${options.profile}: ${made.traceEvents.length} events, ${run.tokens.length} tokens, ${model.backend.name}\n`,
      );
    }
    if (output === null) return;
    const tensors = sites.map((site) => tensorSource(run, site));
    const sha256 = await hashModel(options.model, { signal });
    const metadata = manifest({ model, sha256 }, run, capture);
    await writeSafetensors(output.out, tensors, { metadata, signal });
    process.stdout.write(
      `${output.out}: ${sites.length} sites, ${run.tokens.length} tokens, ${model.backend.name}\n`,
    );
  });
}

/** `vitrine trace`: one forward pass into a safetensors file. */
export function traceCommand(): Command {
  return addModelOptions(
    new Command("trace").description(
      "Run one forward pass and write the captured sites, each under its name, to a safetensors file, or when each operator ran to a file for Perfetto.",
    ),
  )
    .option("--prompt <text>", "what to run")
    .option("--token-ids <ids>", "token ids between commas, instead of a prompt", tokenIdList)
    .option(
      "--capture <globs>",
      "site names between commas; * stands for one part of a name, ** for any",
      globList,
    )
    .option("--edits <file>", "a JSON list of what to change in the forward pass: docs/edits.md")
    .option("--out <file>", "the safetensors file to write")
    .option(
      "--profile <file>",
      "write when each operator ran, and its FLOPs and bytes, as JSON that ui.perfetto.dev opens",
    )
    .addHelpText(
      "after",
      `
Sites (i is the layer):
  hook_logits (T, V)                          hook_embed (T, M)
  blocks.{i}.attn.hook_pattern (H, T, T)      blocks.{i}.hook_resid_post (T, M)
  blocks.{i}.mlp.hook_expert_indices (T, k)   blocks.{i}.mlp.hook_expert_weights (T, k)

Examples:
  vitrine trace --model tiny --prompt "The keys" --capture hook_logits --out keys.safetensors
  vitrine trace --model tiny --token-ids 1,2,3 --capture "hook_logits,blocks.*.attn.hook_pattern" \\
    --backend reference --out trace.safetensors
  vitrine trace --model tiny --prompt "The keys" --profile keys.perfetto.json
  vitrine trace --model tiny --prompt "The keys" --edits ablate.json --capture hook_logits --out ablated.safetensors`,
    )
    .action(trace);
}
