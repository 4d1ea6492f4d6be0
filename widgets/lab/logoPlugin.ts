import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin,
} from "@jupyterlab/application";
import { LabIcon } from "@jupyterlab/ui-components";
import { Widget } from "@lumino/widgets";
import logoSvg from "./logo.svg";

const logoIcon = new LabIcon({ name: "vitrine:logo", svgstr: logoSvg });

function setFavicon(): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (link) link.href = `data:image/svg+xml,${encodeURIComponent(logoSvg)}`;
}

/** The mark in the corner and in the browser's tab. */
export const logoPlugin: JupyterFrontEndPlugin<void> = {
  id: "vitrine:logo",
  description: "Shows the Vitrine mark.",
  autoStart: true,
  requires: [ILabShell],
  activate: (_app: JupyterFrontEnd, shell: ILabShell) => {
    const logo = new Widget();
    logo.id = "jp-MainLogo";
    logo.title.caption = "Vitrine";
    logoIcon.element({
      container: logo.node,
      elementPosition: "center",
      margin: "2px 2px 2px 8px",
      height: "auto",
      width: "20px",
    });
    shell.add(logo, "top", { rank: 0 });
    setFavicon();
  },
};
