import { mkdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { atomicSave } from "../contents/atomicSave.ts";
import { DEEPEST_JSON, isTooDeep } from "../contents/jsonDepth.ts";
import { isObject, type JsonObject } from "../contents/jsonObject.ts";
import { HttpError } from "../httpError.ts";
import { parseJsonWithComments } from "./jsonWithComments.ts";

export interface SettingModel {
  readonly id: string;
  readonly raw: string;
  readonly schema: JsonObject;
  readonly settings: JsonObject;
  readonly version: string;
  readonly created: string | null;
  readonly last_modified: string | null;
}

interface SchemaEntry {
  readonly version: string;
  readonly schema: JsonObject;
}

/** The user's settings of JupyterLab's plugins: one text per plugin, kept as typed, comments and all. */
export class SettingsStore {
  readonly #schemas: ReadonlyMap<string, SchemaEntry>;
  readonly #folder: string;
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #ajv = new Ajv({ strict: false, validateFormats: false, logger: false });

  private constructor(schemas: ReadonlyMap<string, SchemaEntry>, folder: string) {
    this.#schemas = schemas;
    this.#folder = folder;
  }

  /** @param labDir holds `schemas.json`, and `overrides.json` with this package's own defaults by plugin */
  static async open(labDir: string, folder: string): Promise<SettingsStore> {
    const schemas = JSON.parse(await readFile(join(labDir, "schemas.json"), "utf8")) as Record<
      string,
      SchemaEntry
    >;
    const overrides = await readOverrides(join(labDir, "overrides.json"));
    const entries = Object.entries(schemas).map(([id, entry]) => {
      const schema = withDefaults(entry.schema, overrides[id] ?? {});
      return [id, { version: entry.version, schema }] as const;
    });
    return new SettingsStore(new Map(entries), folder);
  }

  ids(): string[] {
    return [...this.#schemas.keys()].sort();
  }

  async all(): Promise<SettingModel[]> {
    const models: SettingModel[] = [];
    for (const id of this.ids()) models.push(await this.get(id));
    return models;
  }

  /** @throws HttpError 404 for a plugin without settings */
  async get(id: string): Promise<SettingModel> {
    const { schema, version } = this.#schema(id);
    const file = this.#file(id);
    try {
      const [raw, stats] = await Promise.all([readFile(file, "utf8"), stat(file)]);
      const created = stats.birthtimeMs > 0 ? stats.birthtime : stats.ctime;
      return {
        id,
        raw,
        schema,
        settings: readSettings(raw) ?? {},
        version,
        created: created.toISOString(),
        last_modified: stats.mtime.toISOString(),
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return { id, raw: "{}", schema, settings: {}, version, created: null, last_modified: null };
    }
  }

  /** @throws HttpError 400 if the text is not JSON with comments, or not what the plugin's schema allows */
  async save(id: string, raw: unknown): Promise<void> {
    this.#schema(id);
    if (typeof raw !== "string")
      throw new HttpError(
        400,
        `save settings ${id}: expected a string as "raw", got ${typeof raw}. Send the text.`,
      );
    const settings = readSettings(raw);
    if (settings === null) {
      throw new HttpError(
        400,
        `save settings ${id}: expected a JSON object of at most ${DEEPEST_JSON} levels, comments allowed, got other text. Correct its syntax.`,
      );
    }
    const validate = this.#validator(id);
    if (!validate(settings)) {
      const [error] = validate.errors ?? [];
      const where =
        error?.instancePath === undefined || error.instancePath === ""
          ? "the settings"
          : error.instancePath;
      throw new HttpError(
        400,
        `save settings ${id}: expected what the schema allows, got ${where} that ${error?.message ?? "is wrong"}. Correct it.`,
      );
    }
    await mkdir(dirname(this.#file(id)), { recursive: true });
    await atomicSave(this.#file(id), raw);
  }

  #schema(id: string): SchemaEntry {
    const entry = this.#schemas.get(id);
    if (entry === undefined)
      throw new HttpError(
        404,
        `settings: expected the id of a plugin with settings, got ${id}. Take one from the list.`,
      );
    return entry;
  }

  #validator(id: string): ValidateFunction {
    let validate = this.#validators.get(id);
    if (validate === undefined) {
      const { $schema: _, $id: __, ...schema } = this.#schema(id).schema;
      validate = this.#ajv.compile(schema);
      this.#validators.set(id, validate);
    }
    return validate;
  }

  /** Ids come from the schemas, never from a request, so this stays inside the folder. */
  #file(id: string): string {
    return join(this.#folder, ...id.replaceAll(":", "/").split("/")).concat(".jupyterlab-settings");
  }
}

function readSettings(raw: string): JsonObject | null {
  try {
    const value = parseJsonWithComments(raw);
    return isObject(value) && !isTooDeep(value) ? value : null;
  } catch {
    return null;
  }
}

async function readOverrides(path: string): Promise<Record<string, JsonObject>> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Record<string, JsonObject>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

/** Overrides change the defaults of a schema; a default that is an object is changed member by member. */
function withDefaults(schema: JsonObject, defaults: JsonObject): JsonObject {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const changed = Object.entries(defaults).flatMap(([name, value]) => {
    const property = properties[name];
    if (!isObject(property)) return [];
    const old = property.default;
    return [
      [
        name,
        { ...property, default: isObject(old) && isObject(value) ? { ...old, ...value } : value },
      ],
    ];
  });
  return changed.length === 0
    ? schema
    : { ...schema, properties: { ...properties, ...(Object.fromEntries(changed) as JsonObject) } };
}
