/** An element with attributes (functions become listeners, false and null are left out) and children. */
function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** Changes a text only when it is another: what is read aloud is read once. */
function set(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A 24 × 24 icon of the given paths. */
function icon(...paths) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const d of paths) {
    const path = document.createElementNS(space, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

const ICON = {
  chat: [
    "M6.3 17.2a9 7.7 0 113.1 1.4c-1.2.9-2.8 1.6-4.6 1.7.9-.9 1.4-2.1 1.5-3.1z",
    "M8.2 11.3h.01M12 11.3h.01M15.8 11.3h.01",
  ],
  down: ["M6 9.5l6 6 6-6"],
  close: ["M6.5 6.5l11 11M17.5 6.5l-11 11"],
  send: ["M12 19V5.5M6 11.2l6-6 6 6"],
  clip: ["M19.5 11.5l-7.6 7.6a4.6 4.6 0 01-6.5-6.5l8-8a3.1 3.1 0 014.4 4.4l-7.9 7.9a1.5 1.5 0 01-2.2-2.2l7.1-7"],
  file: ["M13.5 3.5H7a1.5 1.5 0 00-1.5 1.5v14A1.5 1.5 0 007 20.5h10a1.5 1.5 0 001.5-1.5V8.5z", "M13.5 3.5v5h5"],
  star: ["M12 3.6l2.6 5.3 5.8.8-4.2 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8L3.6 9.7l5.8-.8z"],
  // Two leaves that meet: the assistant's mark.
  bot: ["M12 19.5c0-5.5-2.5-9-7.5-9.5.3 5.3 2.6 8.6 7.5 9.5zM12 19.5c0-7 2.5-12.5 7.5-14 .8 7-1.5 12.5-7.5 14z"],
};

/** An http(s) address in its full form, or null. */
function webAddress(text) {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** A link that opens elsewhere and tells nobody where it was followed from. */
function link(href, title, attributes) {
  return h("a", { href, rel: "noopener noreferrer", target: "_blank", ...attributes }, title);
}

/** Text with its http(s) addresses as links, as nodes; nothing in it is ever read as HTML. */
function linked(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"']+/gi)) {
    const bare = (end) => end.replace(/[.,;:!?।…]+$/, "");
    let address = bare(match[0]);
    // "(see https://x.example/a)" ends before the bracket, "https://x.example/a_(b)" does not.
    while (address.endsWith(")") && !address.includes("(")) address = bare(address.slice(0, -1));
    const href = webAddress(address);
    if (!href) continue;
    nodes.push(text.slice(at, match.index), link(href, address));
    at = match.index + address.length;
  }
  nodes.push(text.slice(at));
  return nodes;
}
