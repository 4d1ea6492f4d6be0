const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

export interface LoginPageOptions {
  /** Where a login leads. */
  readonly next: string;
  /** The address that the form is sent to. */
  readonly action: string;
  /** Whether a password opens this server too. */
  readonly hasPassword: boolean;
  /** What was wrong with the last try. */
  readonly alert?: string;
}

const TOKEN_HELP =
  "The token stands in the address that <code>vitrine lab</code> printed, after <code>?token=</code>.";

/** The page that asks for the token or the password. */
export function loginPage({ next, action, hasPassword, alert }: LoginPageOptions): string {
  const label = hasPassword ? "Password or token" : "Token";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Vitrine: log in</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; color: CanvasText; background: Canvas; font: 16px/1.5 system-ui, sans-serif; }
body { display: grid; place-items: center; min-height: 100vh; margin: 0; }
form { display: grid; gap: .75rem; width: min(26rem, 90vw); }
h1 { margin: 0; font-size: 1.75rem; }
p { margin: 0; }
input, button { font: inherit; padding: .5rem .75rem; }
[role=alert] { color: light-dark(#b00020, #ff8a80); }
</style>
</head>
<body>
<main>
<form method="post" action="${escapeHtml(action)}">
<h1>Vitrine</h1>
<p>${TOKEN_HELP}</p>
${alert === undefined ? "" : `<p role="alert">${escapeHtml(alert)}</p>`}
<label for="token">${label}</label>
<input id="token" name="token" type="password" autocomplete="current-password" autofocus required>
<input name="next" type="hidden" value="${escapeHtml(next)}">
<button type="submit">Log in</button>
</form>
</main>
</body>
</html>
`;
}
