/**
 * Saves settings of one of JupyterLab's plugins, as its settings page would.
 * @param address any page of the server, with its token
 */
export async function saveSettings(
  address: string,
  plugin: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  const url = new URL(address);
  const response = await fetch(new URL(`/lab/api/settings/${plugin}`, url), {
    method: "PUT",
    headers: {
      authorization: `token ${url.searchParams.get("token")}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ raw: JSON.stringify(settings) }),
  });
  if (response.ok) return;
  throw new Error(`settings: expected ${plugin} to be saved, got ${response.status}.`);
}
