/** How fragments come into the page: by changing only what differs, with the reader's own clock and time zone. */

import { morph } from "./morph.js";
import { setClock, tick } from "./ticking.js";
import { tell } from "./toasts.js";

const htmx = window.htmx;
const DEBOUNCE = 120; // ms; a turn of the bot is several events at once

/** @param {(root: Node, target: Element) => void} before the fragment is there, not yet in the page
 * @param {(target: Element) => void} after the page shows it */
export function install(before, after) {
  htmx.defineExtension("desk", {
    handleSwap(style, target, fragment) {
      if (style !== "morph") return false;
      const root = fragment.nodeType === Node.DOCUMENT_FRAGMENT_NODE ? fragment : wrapped(fragment);
      tick(root); // so that what only went on is not taken for a change
      before(root, target);
      morph(target, root);
      after(target);
      return [];
    },
  });
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-Time-Zone"] = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    setClock(event.detail.xhr.getResponseHeader("Date"));
  });
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401 || status === 403) location.reload(); // to the sign-in page, and back here after it
    else if (status >= 500) tell("The server could not answer; what you see may be out of date.");
  });
}

/** Calls `run` soon, once for however many asked meanwhile, never twice at a time, and `gap` ms apart. */
export function soon(run, gap = () => 0) {
  let timer = 0;
  let began = 0;
  let running = false;
  let again = false;
  return async function ask() {
    if (running) {
      again = true;
      return;
    }
    if (timer) return;
    const wait = Math.max(DEBOUNCE, began + gap() - Date.now());
    await new Promise((resolve) => (timer = setTimeout(resolve, wait)));
    timer = 0;
    began = Date.now();
    running = true;
    try {
      await run();
    } finally {
      running = false;
      if (again) {
        again = false;
        ask();
      }
    }
  };
}

function wrapped(node) {
  const fragment = document.createDocumentFragment();
  fragment.append(...node.childNodes);
  return fragment;
}
