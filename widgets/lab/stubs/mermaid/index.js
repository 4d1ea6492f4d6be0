// JupyterLab's markdown parser depends on Mermaid but calls it only through its own extension, which
// Vitrine does not ship. Leaving the real package out halves the install.
const unavailable = () => {
  throw new Error("mermaid: diagrams are not part of this workspace");
};
export default {
  initialize() {},
  registerLayoutLoaders() {},
  parse: unavailable,
  render: unavailable,
};
