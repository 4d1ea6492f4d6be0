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

/** Where to go after login: a path of this server, never another host. */
export function safeNextPath(next: string | null | undefined, fallback: string): string {
  if (next === null || next === undefined || !next.startsWith("/")) return fallback;
  try {
    const url = new URL(next, "http://here.invalid");
    return url.origin === "http://here.invalid"
      ? `${url.pathname}${url.search}${url.hash}`
      : fallback;
  } catch {
    return fallback;
  }
}

/** The page that asks for the token. */
export function loginPage(next: string, wrongToken: boolean): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Vitrine: log in</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { display: grid; place-items: center; min-height: 100vh; margin: 0; }
form { display: grid; gap: .75rem; width: min(26rem, 90vw); }
input, button { font: inherit; padding: .5rem .75rem; }
[role=alert] { color: light-dark(#b00020, #ff8a80); margin: 0; }
</style>
</head>
<body>
<form method="post" action="/login">
<h1>Vitrine</h1>
<p>The token stands in the address that <code>vitrine lab</code> printed, after <code>?token=</code>.</p>
${wrongToken ? '<p role="alert">This is not the token of this server.</p>' : ""}
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" autofocus required>
<input name="next" type="hidden" value="${escapeHtml(next)}">
<button type="submit">Log in</button>
</form>
</body>
</html>
`;
}
