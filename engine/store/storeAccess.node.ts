import { InputError } from "../base/errors.ts";

/** How a store is reached, as the environment says. */
export interface StoreAccess {
  /** Null for Amazon's own, which has an address for each bucket. */
  readonly endpoint: URL | null;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/** What stores other than Amazon's are content with. */
const ANY_REGION = "us-east-1";

/**
 * The variables that Amazon's own tools read. Profiles in files are not read.
 * @param what the function, for the message
 * @throws InputError ERR_OPTION that names what is missing, and never shows a value of a secret
 */
export function storeAccess(what: string, environment: NodeJS.ProcessEnv): StoreAccess {
  const value = (name: string) => environment[name] || undefined;
  const endpoint = endpointOf(
    what,
    value("AWS_ENDPOINT_URL_S3") ?? value("AWS_ENDPOINT_URL") ?? null,
  );
  const accessKeyId = value("AWS_ACCESS_KEY_ID");
  const secretAccessKey = value("AWS_SECRET_ACCESS_KEY");
  const region = value("AWS_REGION") ?? value("AWS_DEFAULT_REGION");
  const missing = [
    ...(accessKeyId === undefined ? ["AWS_ACCESS_KEY_ID"] : []),
    ...(secretAccessKey === undefined ? ["AWS_SECRET_ACCESS_KEY"] : []),
    ...(region === undefined && endpoint === null ? ["AWS_REGION"] : []),
  ];
  if (accessKeyId === undefined || secretAccessKey === undefined || missing.length > 0)
    throw new InputError(
      "ERR_OPTION",
      `${what}: expected the access to the object store in the environment, got no ${missing.join(", no ")}. Export what is missing, and AWS_ENDPOINT_URL_S3 for a store other than Amazon's; profiles are read by no one here: eval "$(aws configure export-credentials --format env)" exports one.`,
    );
  return {
    ...{ endpoint, region: region ?? ANY_REGION, accessKeyId, secretAccessKey },
    sessionToken: value("AWS_SESSION_TOKEN"),
  };
}

function endpointOf(what: string, text: string | null): URL | null {
  if (text === null) return null;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "")
    return url;
  throw new InputError(
    "ERR_OPTION",
    `${what}: expected the address of a store in AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, without a name, a password and a query, got another text. Export https://s3.example.org, say.`,
  );
}
