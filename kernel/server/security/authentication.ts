import { cookieValue, safeEqual } from "./secrets.ts";

/** How a request proved that it may be here. A cookie alone is weaker: a browser sends it unasked. */
export type Proof = "token" | "cookie";

export interface Credentials {
  readonly authorization: string | undefined;
  readonly cookies: Readonly<Record<string, string>>;
  readonly queryToken: string | null;
}

/** Decides who may talk to the server: whoever knows the token, or holds the cookie that the token was changed for. */
export class Authenticator {
  readonly token: string;
  /** The port is in the name because cookies, unlike origins, do not tell ports apart. */
  readonly cookieName: string;
  readonly #cookie: string;

  constructor(token: string, port: number) {
    this.token = token;
    this.cookieName = `vitrine-${port}`;
    this.#cookie = cookieValue(token);
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

  setCookieHeader(): string {
    return `${this.cookieName}=${this.#cookie}; Path=/; HttpOnly; SameSite=Lax`;
  }

  clearCookieHeader(): string {
    return `${this.cookieName}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;
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
