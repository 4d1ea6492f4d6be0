import { InputError } from "../base/errors.ts";

/** A place in an object store: a bucket, and what the names of the objects there begin with. */
export interface StoreAddress {
  readonly bucket: string;
  /** Without a slash at either end; "" is the bucket itself. */
  readonly prefix: string;
}

const BUCKET = /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/i;

/** Whether a text is the address of an object store rather than the path of a folder. */
export const isStoreAddress = (text: string): boolean => /^s3:\/\//i.test(text);

/**
 * @param text "s3://bucket/prefix"
 * @param what the option, for the message
 * @throws InputError ERR_OPTION
 */
export function storeAddress(what: string, text: string): StoreAddress {
  const [, bucket = "", rest = ""] = /^s3:\/\/([^/]*)(?:\/(.*))?$/is.exec(text) ?? [];
  const prefix = rest.replace(/^\/+|\/+$/g, "");
  const parts = prefix.split("/");
  const isWhole = prefix === "" || parts.every((part) => !["", ".", ".."].includes(part));
  const isText = !/[\p{Cc}\\]/u.test(prefix);
  if (BUCKET.test(bucket) && isWhole && isText) return { bucket, prefix };
  throw new InputError(
    "ERR_OPTION",
    `${what}: expected s3://, a bucket and names between single slashes, got ${JSON.stringify(text)}. Write "s3://my-bucket/runs/mine".`,
  );
}

/** The address as people write it. */
export const addressText = ({ bucket, prefix }: StoreAddress): string =>
  prefix === "" ? `s3://${bucket}` : `s3://${bucket}/${prefix}`;
