import type { ModelSpec } from "../model/spec.ts";
import type { MapChange, PlanChanges } from "../plan/planChanges.ts";
import { findSite } from "../plan/sites/matchSites.ts";
import { editError } from "./checkEdit.ts";
import { type Cut, cutsOf } from "./cuts.ts";
import type { Edit, ExpertsEdit, HeadsEdit } from "./edit.ts";
import { type EditedModel, editedModel } from "./editedModel.ts";
import { editedPositions, type SequenceLength, type Span } from "./editedPositions.ts";
import { editTarget } from "./editTarget.ts";
import { expertChanges, moeOf, type NamedEdit } from "./expertChanges.ts";
import { type ExpertCounts, expertCounts, spansOfCounts, withCounts } from "./expertCounts.ts";
import { checkHead, headChanges } from "./headChanges.ts";
import { mapRows, rowsOf } from "./rowsOf.ts";
import { steps } from "./steering.ts";
import { type PlacedChange, valueChanges } from "./valueChanges.ts";

/** Edits in terms of the plan, for a sequence of a known length. */
export interface CompiledEdits {
  /** The model's, with other numbers of experts where edits say so. */
  readonly spec: ModelSpec;
  /** Values that must not be swallowed by a fusion. */
  readonly observed: ReadonlySet<string>;
  readonly changes: PlanChanges;
  /** Where functions of the host are called. */
  readonly cuts: readonly Cut[];
  /** Values that a run keeps because of the edits: maps of attention that cannot be recomputed, (T, H, T). */
  readonly kept: readonly string[];
  readonly touched: readonly TouchedBy[];
}

/** What an edit changes. */
export interface TouchedBy {
  readonly edit: Edit;
  /** Positions [start, end), as far as the sequence reaches. */
  readonly span: Span;
  /** Numbers of a row; 0 where whole operators are changed. */
  readonly nColumns: number;
}

/** @throws InputError ERR_EDIT where an edit has nothing to change, or changes what another changes too */
export function compileEdits(
  edits: readonly NamedEdit<Edit>[],
  model: EditedModel,
  length: SequenceLength,
): CompiledEdits {
  const ofExperts = edits.filter(
    (named): named is NamedEdit<ExpertsEdit> => named.edit.kind === "experts",
  );
  const ofHeads = edits.filter(
    (named): named is NamedEdit<HeadsEdit> => named.edit.kind === "heads",
  );
  for (const { what, edit } of ofExperts) moeOf(what, model.spec, edit.layer);
  for (const named of ofHeads) checkHead(named, model.spec);
  const counts = expertCounts(ofExperts, model.spec, length);
  const spec = withCounts(model.spec, counts);
  const counted = spec === model.spec ? model : editedModel(spec);
  const placed = edits.flatMap(({ what, edit }): PlacedChange[] =>
    placedChange(what, edit, counted, length, counts),
  );
  const cuts = cutsOf(placed, counted);
  const values = valueChanges(placed, length.capacity);
  const routes = expertChanges(ofExperts, spec, length, counts);
  const attentions = headChanges(ofHeads, spec, length);
  return {
    spec,
    observed: new Set([
      ...placed.flatMap(({ target }) => (target.map ? [] : [target.value])),
      ...cuts.flatMap(({ source }) => source?.value ?? []),
    ]),
    kept: keptMaps(values.maps),
    changes: {
      values: values.values,
      maps: values.maps,
      routes: routes.routes,
      attentions: attentions.attentions,
      shift: shiftOf(edits, spec, length),
      constants: new Map([...values.constants, ...routes.constants, ...attentions.constants]),
      rows: new Map([...values.rows, ...routes.rows]),
      masks: attentions.masks,
    },
    cuts,
    touched: edits.map(({ what, edit }) => touchedBy(what, edit, placed, length)),
  };
}

/** The change of a value's numbers that an edit amounts to, if it is one. */
function placedChange(
  what: string,
  edit: Edit,
  model: EditedModel,
  length: SequenceLength,
  counts: ExpertCounts,
): PlacedChange[] {
  if (edit.kind === "shiftPositions") return [];
  const span = editedPositions(what, edit.position, length);
  const common = { what, edit, span, after: edit.after === true, factor: 1, values: null };
  const at = (site: string, head: number | null) =>
    editTarget(what, model.plan, findSite(site, model.sites), head);
  switch (edit.kind) {
    case "experts": {
      if (edit.weights === undefined) return [];
      const target = at(`blocks.${edit.layer}.mlp.hook_expert_weights`, null);
      const ofLayer = counts.get(edit.layer);
      if (ofLayer === undefined) return [{ ...common, target, action: "average" }];
      return spansOfCounts(ofLayer, span).map(({ start, end, count }) => ({
        ...{ ...common, action: "average", span: { start, end } },
        target: { ...target, columnCount: count },
      }));
    }
    case "heads": {
      const { layer, head, mask, pattern } = edit;
      const of = (name: string) => at(`blocks.${layer}.attn.${name}`, head);
      const changes: PlacedChange[] = [];
      if (mask) changes.push({ ...common, target: of("hook_z"), action: "zero" });
      if (pattern !== undefined) {
        const { nPrompt, capacity } = length;
        const isWhole = edit.position === undefined;
        const counts = isWhole ? [nPrompt, capacity] : [span.end - span.start];
        const values = mapRows(what, pattern, capacity, counts);
        const [rows = 1] = values.shape;
        const end = isWhole && rows > 1 ? rows : span.end;
        const target = of("hook_pattern");
        changes.push({ ...common, span: { ...span, end }, target, action: "replace", values });
      }
      return changes;
    }
    case "features":
    case "change": {
      const target = at(edit.site, edit.kind === "change" ? (edit.head ?? null) : null);
      if (target.map)
        throw editError(
          what,
          "a site with rows of numbers",
          `the map ${edit.site}`,
          "Use another kind of edit, or change hook_z.",
        );
      return [{ ...common, target, action: "change" }];
    }
    case "zero":
      return [{ ...common, target: at(edit.site, edit.head ?? null), action: "zero" }];
    case "scale":
      return [
        {
          ...common,
          target: at(edit.site, edit.head ?? null),
          action: "scale",
          factor: edit.factor,
        },
      ];
    default: {
      const target = at(edit.site, edit.head ?? null);
      const count = span.end - span.start;
      const values = target.map
        ? mapRows(what, edit.value, length.capacity, [count])
        : rowsOf(what, edit.value, target.columnCount, count);
      if (edit.kind === "steer")
        return [{ ...common, target, action: "add", values: steps(what, edit, values) }];
      const action = edit.kind === "add" || edit.kind === "project" ? edit.kind : "replace";
      if (action === "project" && values.data.every((x) => x === 0))
        throw editError(
          what,
          "a direction that is not zero",
          "zeros",
          "Pass the direction to take out.",
        );
      return [{ ...common, target, action, values }];
    }
  }
}

/** A layer whose scores are edited has a pattern that follows from them. */
function keptMaps(changes: readonly MapChange[]): string[] {
  const names = changes.flatMap(({ layer, map }) => {
    const pattern = `blocks.${layer}.attn.hook_pattern`;
    return map === "scores" ? [`blocks.${layer}.attn.hook_attn_scores`, pattern] : [pattern];
  });
  return [...new Set(names)];
}

function shiftOf(
  edits: readonly NamedEdit<Edit>[],
  spec: ModelSpec,
  { capacity }: SequenceLength,
): number {
  let shift = 0;
  for (const { what, edit } of edits) {
    if (edit.kind !== "shiftPositions") continue;
    if (shift > 0)
      throw editError(what, "one shift of positions", "another", "Leave one of them out.");
    shift = edit.by;
    const room = spec.contextLength - capacity;
    if (shift > room)
      throw editError(
        what,
        `a shift of at most ${room}, for the context of ${spec.contextLength}`,
        String(shift),
        "Shift less, or shorten the prompt.",
      );
  }
  return shift;
}

function touchedBy(
  what: string,
  edit: Edit,
  placed: readonly PlacedChange[],
  length: SequenceLength,
): TouchedBy {
  const changes = placed.filter((other) => other.edit === edit);
  if (edit.kind === "heads" && edit.edge !== undefined) {
    const [query] = edit.edge;
    return { edit, span: { start: query, end: query + 1 }, nColumns: 1 };
  }
  const position = edit.kind === "shiftPositions" ? undefined : edit.position;
  const given = editedPositions(what, position, length);
  const spans = changes.length === 0 ? [given] : changes.map(({ span }) => span);
  const start = Math.min(...spans.map((span) => span.start));
  const end = Math.max(...spans.map((span) => span.end));
  const columns = changes.map(({ target: { map, columnCount } }) =>
    map ? columnCount * length.capacity : columnCount,
  );
  return { edit, span: { start, end }, nColumns: Math.max(0, ...columns) };
}
