import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { ServerError } from "../serverError.ts";

export interface TlsFiles {
  readonly certfile: string;
  readonly keyfile: string;
}

/**
 * Reads a certificate, with the chain behind it, and its key.
 * @throws ServerError if a file cannot be read, they do not belong together, or the certificate is out of date
 */
export async function readTls({
  certfile,
  keyfile,
}: TlsFiles): Promise<{ cert: Buffer; key: Buffer }> {
  const [cert, key] = await Promise.all([
    read("--certfile", certfile, "a certificate"),
    read("--keyfile", keyfile, "a private key"),
  ]);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new ServerError(
      `start server: expected ${certfile} and ${keyfile} to be a certificate and its key in PEM, got ${(cause as Error).message}. Give files that belong together, the key without a passphrase.`,
      { cause },
    );
  }
  const { validTo } = new X509Certificate(cert);
  if (Date.parse(validTo) < Date.now())
    throw new ServerError(
      `start server: expected a certificate that is still valid, got one that ended on ${validTo} (${certfile}). Renew it.`,
    );
  return { cert, key };
}

async function read(option: string, path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ServerError(
      `start server: expected ${option} to name ${what}, got ${path} (${(cause as NodeJS.ErrnoException).code}). Check the path.`,
      { cause },
    );
  }
}
