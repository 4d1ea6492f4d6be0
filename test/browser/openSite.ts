import type { Browser } from "playwright-core";
import { type BuiltSite, builtSite } from "./builtSite.ts";
import { SiteReader } from "./siteReader.ts";
import { type StaticHost, staticHost } from "./staticHost.ts";
import { WidgetPage } from "./widgetPage.ts";

export interface OpenSite extends BuiltSite {
  readonly browser: Browser;
  readonly host: StaticHost;
  /** @param address default: that of the host */
  read(address?: string): Promise<SiteReader>;
  close(): Promise<void>;
}

/** The site behind a host, below a path as hosts of projects have it, and a browser. */
export async function openSite(): Promise<OpenSite> {
  const site = await builtSite();
  const host = await staticHost(site.out, { path: "/below/some/path/" });
  const browser = await WidgetPage.launch();
  return {
    ...site,
    ...{ host, browser },
    read: (address = host.address) => SiteReader.open(browser, address),
    close: async () => {
      await browser.close();
      host.close();
    },
  };
}
