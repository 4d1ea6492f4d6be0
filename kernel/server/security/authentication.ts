import { HttpError } from "../httpError.ts";
import type { EndedLogins } from "./endedLogins.ts";
import { LoginLimiter } from "./loginLimiter.ts";
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
  /** The path that cookies are for: `/`, or the one that the server answers below. */
  readonly basePath: string;
  readonly ended: EndedLogins;
}

/** Too many guesses came from an address. */
export class TooManyTries extends HttpError {
  /** Until the next one, in seconds. */
  readonly waitSeconds: number;

  constructor(waitMs: number) {
    const seconds = Math.ceil(waitMs / 1000);
    super(
      429,
      `request: expected the server's token, got too many others from this address. Wait ${seconds} s.`,
      {
        reason: "too many tries",
      },
    );
    this.waitSeconds = seconds;
  }
}

/** Decides who may talk to the server: whoever knows the token, or holds a cookie that a login was answered with. */
export class Authenticator {
  readonly token: string;
  /** Counts what the login page and requests are given. */
  readonly limiter = new LoginLimiter();
  /** The port is in the name because cookies, unlike origins, do not tell ports apart. */
  readonly cookieName: string;
  readonly #passwordHash: string | null;
  readonly #attributes: string;
  readonly #secrets: string;
  readonly #ended: EndedLogins;
  readonly #onLogout: ((login: string) => void)[] = [];

  constructor({ token, passwordHash, port, isSecure, basePath, ended }: AuthenticatorOptions) {
    this.token = token;
    this.#passwordHash = passwordHash;
    this.cookieName = `vitrine-${port}`;
    this.#secrets = `${token} ${passwordHash ?? ""}`;
    this.#attributes = `Path=${basePath}; SameSite=Lax${isSecure ? "; Secure" : ""}`;
    this.#ended = ended;
  }

  get hasPassword(): boolean {
    return this.#passwordHash !== null;
  }

  /**
   * What a request from `address` proves; null for nothing. Wrong tokens count as wrong logins do.
   * @throws TooManyTries if the address has to wait before its next one, a right one too
   */
  prove({ authorization, cookies, queryToken }: Credentials, address: string): Proof | null {
    const hasCookie = this.loginOf(cookies) !== null;
    const bearer = /^(?:token|bearer)\s+(\S+)\s*$/i.exec(authorization ?? "")?.[1] ?? null;
    const given = [bearer, queryToken].filter((text) => text !== null);
    if (given.length > 0 && !hasCookie) {
      const waitMs = this.limiter.waitMs(address);
      if (waitMs > 0) throw new TooManyTries(waitMs);
    }
    if (given.some((text) => this.isToken(text))) return "token";
    if (hasCookie) return "cookie";
    for (const text of given) this.limiter.guessed(address, text);
    return null;
  }

  isToken(text: string): boolean {
    return safeEqual(text, this.token);
  }

  /** Whether a text typed into the login page is the token or the password. */
  async mayLogIn(text: string): Promise<boolean> {
    if (this.isToken(text)) return true;
    return this.#passwordHash !== null && (await verifyPassword(text, this.#passwordHash));
  }

  /** The login that a request's cookie is of, null if it has none or that was ended. */
  loginOf(cookies: Credentials["cookies"]): string | null {
    const cookie = cookies[this.cookieName] ?? "";
    const id = cookie.slice(0, Math.max(0, cookie.indexOf(".")));
    if (id === "" || this.#ended.has(id)) return null;
    return safeEqual(cookie, cookieValue(this.#secrets, id)) ? id : null;
  }

  /** Ends the login of a request's cookie, wherever else that cookie is. */
  async logOut(cookies: Credentials["cookies"]): Promise<void> {
    const login = this.loginOf(cookies);
    if (login === null) return;
    await this.#ended.add(login);
    for (const listener of this.#onLogout) listener(login);
  }

  onLogout(listener: (login: string) => void): void {
    this.#onLogout.push(listener);
  }

  /** Begins a login. */
  setCookieHeader(): string {
    const cookie = cookieValue(this.#secrets, randomToken());
    return `${this.cookieName}=${cookie}; HttpOnly; ${this.#attributes}`;
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
