import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { atomicSave } from "../contents/atomicSave.ts";
import { vitrineConfigDir } from "../kernels/jupyterPaths.ts";
import { ServerError } from "../serverError.ts";
import { hashPassword, isPasswordHash } from "./passwordHash.ts";

const SHORTEST = 8;

function passwordFile(configDir: string): string {
  return join(configDir, "password");
}

/** @throws ServerError if the password is too short to keep anyone out */
export function checkPassword(password: string): void {
  if ([...password].length < SHORTEST)
    throw new ServerError(
      `password: expected at least ${SHORTEST} characters, got ${[...password].length}. Choose a longer one.`,
    );
}

/**
 * Keeps the hash of the password that opens this user's servers, for this user's eyes alone.
 * @returns the file
 */
export async function storePassword(
  password: string,
  configDir = vitrineConfigDir(),
): Promise<string> {
  checkPassword(password);
  await mkdir(configDir, { recursive: true });
  await rm(passwordFile(configDir), { force: true });
  await atomicSave(passwordFile(configDir), `${await hashPassword(password)}\n`, { mode: 0o600 });
  return passwordFile(configDir);
}

/** @returns whether there was one */
export async function removePassword(configDir = vitrineConfigDir()): Promise<boolean> {
  const had = (await readText(passwordFile(configDir))) !== null;
  await rm(passwordFile(configDir), { force: true });
  return had;
}

/** The hash that `storePassword` kept, or null. @throws ServerError if the file holds something else */
export async function readPasswordHash(configDir: string): Promise<string | null> {
  const text = await readText(passwordFile(configDir));
  if (text === null || isPasswordHash(text.trim())) return text?.trim() ?? null;
  throw new ServerError(
    `start server: expected the hash of a password in ${passwordFile(configDir)}, got something else. Set the password again with: vitrine password`,
  );
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
