/** A constructed sheet passes a page's style-src; older browsers get a style element with the tag's nonce. */
function dress(root) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = h("style", { nonce: script && script.nonce }, STYLE);
    root.append(style);
  }
}

function place() {
  if (!document.querySelector(NAME)) document.body.append(document.createElement(NAME));
}

if (window.customElements && !customElements.get(NAME)) {
  customElements.define(NAME, ShohayWidget);
  if (document.body) place();
  else document.addEventListener("DOMContentLoaded", place, { once: true });
}
