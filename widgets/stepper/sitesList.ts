import { element } from "../render/element.ts";

/** The names of the sites whose numbers are there, the newest first; arrows choose one. */
export function createSitesList(onChoose: (site: string) => void): {
  readonly element: HTMLElement;
  take(sites: readonly string[]): void;
  draw(site: string | null): void;
} {
  const filter = element("input", {
    ...{ type: "search", class: "vt-input", placeholder: "filter" },
    "aria-label": "Filter sites",
  });
  const select = element("select", {
    size: 13,
    "aria-label": "Sites that are there",
    class: "vt-site-list",
  });
  let all: readonly string[] = [];
  let shown = "";
  const fill = (): void => {
    const kept = all.filter((site) => site.includes(filter.value.trim())).reverse();
    const text = kept.join();
    if (text === shown) return;
    shown = text;
    select.replaceChildren(...kept.map((site) => element("option", { value: site }, site)));
  };
  filter.addEventListener("input", () => fill());
  select.addEventListener("change", () => onChoose(select.value));
  return {
    element: element("div", { class: "vt-site-host" }, filter, select),
    take(sites) {
      all = sites;
      fill();
    },
    draw(site) {
      if (select.value !== site) select.value = site ?? "";
    },
  };
}
