import type { ISchemaValidator, ISettingRegistry } from "@jupyterlab/settingregistry";
import { defaultSettings } from "./settingDefaults.ts";

/** A user's file with nothing in it. */
const EMPTY = /^\s*\{\s*\}\s*$/;

/**
 * What a page's settings are held against. Of some sixty plugins a user has changed a few; only for these is there anything
 * to hold against a schema, and only then are schemas compiled, twice each, by the validator that JupyterLab would use for all.
 * That would be a tenth of the CPU time that a page takes to open.
 */
export class SettingsValidator implements ISchemaValidator {
  readonly #compiling: ISchemaValidator;

  constructor(compiling: ISchemaValidator) {
    this.#compiling = compiling;
  }

  /** Fills in `plugin.data` unless told not to. @returns what is wrong, or null */
  validateData(
    plugin: ISettingRegistry.IPlugin,
    populate = true,
  ): ISchemaValidator.IError[] | null {
    const isUnchanged = plugin.schema.type === "object" && EMPTY.test(plugin.raw);
    const composite = isUnchanged ? defaultSettings(plugin.schema) : null;
    if (composite === null) return this.#compiling.validateData(plugin, populate);
    if (populate) plugin.data = { composite, user: {} } as ISettingRegistry.ISettingBundle;
    return null;
  }
}
