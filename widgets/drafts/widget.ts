import type { Run, SpeculationWorth } from "../../engine/index.node.ts";
import { checkOptions, type OptionNames } from "../../kernel/display/checkOptions.ts";
import { Picture } from "../render/picture.ts";
import { describeRun } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import {
  type DomainAcceptance,
  type DraftsState,
  domainOf,
  draftedTokens,
  draftsText,
  type OwnTime,
  ownTimeOf,
  refusalOf,
} from "./data.ts";
import { draftsPicture } from "./staticPicture.ts";
import { draftsTables } from "./tables.ts";

/** A run, or what has one once it has ended: a generation, a reply. */
type RunOrGeneration = Run | { readonly run: Run };

/** What the picture of drafts begins with. */
export interface DraftsOptions {
  /** Generations by a label of yours, e.g. { code: [a, b], prose: c }: acceptance is counted for each. */
  readonly domains?: Readonly<Record<string, RunOrGeneration | readonly RunOrGeneration[]>>;
  /** Plain and speculative decoding, measured: what `await model.speculationWorth(prompt)` gives. */
  readonly worth?: SpeculationWorth;
}

const DRAFTS_OPTIONS: OptionNames<DraftsOptions> = { domains: true, worth: true };

/**
 * A generation with speculation: each draft with its probability under the draft module and under the model, what became of it,
 * acceptance by place in a step and by label, and time against plain decoding where it was measured. Says so where nothing was drafted.
 * @throws KernelError ERR_OPTION; TypeError if a label stands for no runs, or the worth is none
 */
export function drafts(source: RunOrGeneration, options: DraftsOptions = {}): Picture<DraftsState> {
  checkOptions("drafts", options, DRAFTS_OPTIONS);
  const run = runOf(source);
  const { record } = run;
  const { worth } = options;
  if (worth !== undefined) checkWorth(worth);
  const tokens = draftedTokens(record, (id) => run.model.tokenText(id));
  const state: DraftsState = {
    ...{ runId: run.id, subtitle: describeRun(record), tokens, refusal: refusalOf(record) },
    domains: [domainOf("this generation", [record]), ...domainsOf(options.domains ?? {})],
    ownTime: ownTime(run, tokens),
    worth: worth ?? null,
  };
  return new Picture<DraftsState>({
    name: "drafts",
    esm: viewSource("drafts"),
    state,
    records: [record],
    svg: () => draftsPicture(record, state),
    text: () => draftsText(record, state),
    tables: () => (state.refusal === "" ? draftsTables(state) : []),
  });
}

function domainsOf(domains: NonNullable<DraftsOptions["domains"]>): DomainAcceptance[] {
  return Object.entries(domains).map(([name, given]) => {
    const sources: readonly RunOrGeneration[] = Array.isArray(given) ? given : [given];
    const runs = sources.map((source) => {
      const run = typeof source === "object" && source !== null ? runOf(source) : null;
      if (!Array.isArray(run?.record?.tokens))
        throw new TypeError(
          `drafts: expected runs or generations under domains.${name}, got ${String(source)}. Pass { ${name}: [generation, ...] }, each ended.`,
        );
      return run.record;
    });
    return domainOf(name, runs);
  });
}

function runOf(source: RunOrGeneration): Run {
  return "run" in source ? source.run : source;
}

function checkWorth(worth: Partial<SpeculationWorth> | null): void {
  if (
    typeof worth?.gain?.median === "number" &&
    typeof worth.plain?.msPerToken?.median === "number"
  )
    return;
  throw new TypeError(
    `drafts: expected what speculationWorth measures as worth, got ${String(worth)}. Pass worth: await model.speculationWorth(prompt).`,
  );
}

/** What was measured of the run; null where its cost is not known. */
function ownTime(run: Run, tokens: DraftsState["tokens"]): OwnTime | null {
  try {
    return ownTimeOf(run.cost(), tokens);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "ERR_NOT_KEPT") throw error;
    return null;
  }
}
