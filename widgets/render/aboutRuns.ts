import type { RunRecord } from "../../engine/trace/schema.ts";
import { packageVersion } from "./packageRoot.ts";

/** What made a picture, kept with its state for whoever has the file alone. */
export interface PictureAbout {
  /** Vitrine's. */
  readonly version: string;
  readonly models: readonly {
    readonly name: string;
    readonly architecture: string;
    /** `ModelRecord.hash`: of config.json, and of the headers and sizes of the weight files. */
    readonly hash: string;
    readonly parameters: number;
    /** Backend and device. */
    readonly backend: string;
  }[];
}

export function aboutRuns(records: readonly RunRecord[]): PictureAbout {
  return {
    version: packageVersion(),
    models: records.map(({ model, backend }) => ({
      name: model.name,
      architecture: model.architecture,
      hash: model.hash,
      parameters: model.totalParameters,
      backend: `${backend.name} (${backend.device})`,
    })),
  };
}
