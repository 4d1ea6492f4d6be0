import { isStoreAddress, storeAddress } from "../store/storeAddress.ts";
import { wrongOption } from "./evaluateErrors.ts";

/**
 * Refuses what is neither the path of a folder nor the address of a store with Amazon S3's interface.
 * @param what the option, for the message: "evaluate folder"
 * @throws InputError ERR_OPTION
 */
export function checkFolder(what: string, folder: unknown): void {
  if (typeof folder !== "string" || folder === "")
    throw wrongOption(what, {
      expected: "the path of a folder",
      got: folder,
      fix: 'Write "runs/arithmetic", or "s3://bucket/arithmetic".',
    });
  if (isStoreAddress(folder)) {
    storeAddress(what, folder);
    return;
  }
  const [, scheme] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(folder) ?? [];
  if (scheme === undefined) return;
  throw wrongOption(what, {
    expected: "the path of a folder, or s3://bucket/prefix",
    got: folder,
    fix: `Write s3:// where the store has the interface of Amazon S3 too and AWS_ENDPOINT_URL_S3 names it, or evaluate into a folder and copy it to ${scheme}:// afterwards.`,
  });
}
