import type { SaidModel } from "../../widgets/offline/modelSentence.ts";
import type { OfflinePicture } from "../../widgets/offline/page.ts";

/** What made the pictures of a notebook. */
export interface About {
  readonly models: readonly SaidModel[];
  /** Vitrine's, of the processes that the pictures come from. */
  readonly versions: readonly string[];
}

/** As `Picture` keeps it in its state. */
interface PictureAbout {
  readonly version?: unknown;
  readonly models?: unknown;
}

/** The models, weights and versions behind a notebook's pictures, each named once. */
export function aboutPictures(pictures: readonly OfflinePicture[]): About {
  const told = pictures.map(({ state }) => (state.about ?? {}) as PictureAbout);
  const versions = new Set(
    told.flatMap(({ version }) => (typeof version === "string" ? [version] : [])),
  );
  const models = new Map<string, SaidModel>();
  for (const given of told.flatMap(({ models: list }) => (Array.isArray(list) ? list : []))) {
    const model = checkedModel(given);
    if (model === null) continue;
    const key = `${model.name} ${model.checkpoint}`;
    const known = models.get(key);
    const computedBy = new Set([...(known?.computedBy ?? []), ...model.computedBy]);
    models.set(key, { ...model, computedBy: [...computedBy] });
  }
  return { models: [...models.values()], versions: [...versions].sort() };
}

function checkedModel(given: unknown): SaidModel | null {
  const { name, architecture, hash, parameters, backend } = (given ?? {}) as Record<
    string,
    unknown
  >;
  if (typeof name !== "string" || typeof hash !== "string") return null;
  return {
    name,
    architecture: String(architecture),
    checkpoint: hash,
    parameters: typeof parameters === "number" ? parameters : 0,
    computedBy: typeof backend === "string" ? [backend] : [],
  };
}
