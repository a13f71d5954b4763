/** The dark side of every page: whether new conversations come, notifications, one's picture, signing out. */

import * as alerts from "./alerts.js";
import { post, signOut } from "./api.js";
import * as picture from "./picture.js";
import { tell } from "./toasts.js";

const find = (id) => document.getElementById(id);

/** @param {() => void} changed the agent comes or goes: the page should be fetched anew */
export function install(changed) {
  alerts.install(find("notify"));
  showCurrent();
  picture.install();
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#available, #sign-out");
    if (!button) return;
    if (button.id === "available") setAvailable(button, changed);
    else signOut().catch(() => tell("The server did not answer; you are still signed in."));
  });
}

/** Where the tabs lie in a row that scrolls, the one that is shown comes into sight. */
export function showCurrent() {
  document.querySelector("#tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

async function setAvailable(button, changed) {
  const available = button.getAttribute("aria-checked") !== "true";
  button.setAttribute("aria-checked", String(available)); // at once; the page that comes says what holds
  try {
    await post("presence", { available });
  } catch (failed) {
    button.setAttribute("aria-checked", String(!available));
    if (failed.status === 401) location.reload();
    tell(failed.message);
  }
  changed();
}
