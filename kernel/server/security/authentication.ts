import { verifyPassword } from "./passwordHash.ts";
import { cookieValue, randomToken, safeEqual } from "./secrets.ts";

/** How a request proved that it may be here. A cookie alone is weaker: a browser sends it unasked. */
export type Proof = "token" | "cookie";

export interface Credentials {
  readonly authorization: string | undefined;
  readonly cookies: Readonly<Record<string, string>>;
  readonly queryToken: string | null;
}

export interface AuthenticatorOptions {
  readonly token: string;
  /** Of the password that the login page takes too; null for none. */
  readonly passwordHash: string | null;
  readonly port: number;
  /** Cookies then travel over TLS alone. */
  readonly isSecure: boolean;
}

/** Decides who may talk to the server: whoever knows the token, or holds the cookie that a login was answered with. */
export class Authenticator {
  readonly token: string;
  readonly #passwordHash: string | null;
  readonly #attributes: string;
  /** The port is in the name because cookies, unlike origins, do not tell ports apart. */
  readonly cookieName: string;
  readonly #cookie: string;

  constructor({ token, passwordHash, port, isSecure }: AuthenticatorOptions) {
    this.token = token;
    this.#passwordHash = passwordHash;
    this.cookieName = `vitrine-${port}`;
    this.#cookie = cookieValue(`${token} ${passwordHash ?? ""}`);
    this.#attributes = `Path=/; SameSite=Lax${isSecure ? "; Secure" : ""}`;
  }

  get hasPassword(): boolean {
    return this.#passwordHash !== null;
  }

  prove(credentials: Credentials): Proof | null {
    const bearer = /^(?:token|bearer)\s+(\S+)\s*$/i.exec(credentials.authorization ?? "")?.[1];
    if (bearer !== undefined && this.isToken(bearer)) return "token";
    if (credentials.queryToken !== null && this.isToken(credentials.queryToken)) return "token";
    const cookie = credentials.cookies[this.cookieName];
    return cookie !== undefined && safeEqual(cookie, this.#cookie) ? "cookie" : null;
  }

  isToken(text: string): boolean {
    return safeEqual(text, this.token);
  }

  /** Whether a text typed into the login page is the token or the password. */
  async mayLogIn(text: string): Promise<boolean> {
    if (this.isToken(text)) return true;
    return this.#passwordHash !== null && (await verifyPassword(text, this.#passwordHash));
  }

  setCookieHeader(): string {
    return `${this.cookieName}=${this.#cookie}; HttpOnly; ${this.#attributes}`;
  }

  clearCookieHeader(): string {
    return `${this.cookieName}=; HttpOnly; ${this.#attributes}; Max-Age=0`;
  }

  /** A secret that the pages of this server alone can read and send back; `requireXsrf` compares the two. */
  xsrfCookieHeader(): string {
    return `_xsrf=${randomToken()}; ${this.#attributes}`;
  }
}

/** The cookies of a Cookie header; of two with one name the last counts, as in Jupyter's client. */
export function parseCookies(header: string | undefined): Record<string, string> {
  const cookies: Record<string, string> = {};
  for (const part of (header ?? "").split(";")) {
    const equals = part.indexOf("=");
    if (equals > 0) cookies[part.slice(0, equals).trim()] = part.slice(equals + 1).trim();
  }
  return cookies;
}
