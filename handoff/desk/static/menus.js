/** What opens below a button: placed within the window, filled with what holds now, closed by Escape or a click beside
 * it, which the browser sees to. */

import { label } from "./snoozing.js";

const GAP = 6; // px between a button and its menu
const EDGE = 8; // px that a menu keeps from the window's edge
const SHEET = "(max-width: 760px)"; // where menus are sheets at the window's lower edge

/** @param {() => void} opened a menu opened: what it lists should be brought up to date */
export function install(opened) {
  document.addEventListener(
    "toggle", // which does not bubble
    (event) => {
      if (!event.target.matches(".menu") || event.newState !== "open") return;
      const menu = event.target;
      if (menu.id === "snooze-menu") label(menu);
      place(menu);
      menu.querySelector("input:checked, input[type=radio], button")?.focus();
      opened();
    },
    true,
  );
  document.addEventListener("change", (event) => {
    if (event.target.matches("#transfer-menu input[type=radio]")) choose(event.target.form);
  });
  addEventListener("resize", () => document.querySelectorAll(".menu:popover-open").forEach(place));
}

/** Whom or which queue the transfer menu names, as the API wants it; null when nothing is chosen. */
export function target(form) {
  const chosen = form.querySelector("input[name=to]:checked");
  if (!chosen) return null;
  const [kind, name] = chosen.value.split(/ (.*)/s);
  return { [kind]: name };
}

function choose(form) {
  const chosen = form.querySelector("input[name=to]:checked");
  const send = form.querySelector("#transfer-send");
  send.disabled = !chosen;
  send.textContent = chosen ? `Transfer to ${chosen.dataset.title}` : "Transfer";
}

function place(menu) {
  const sheet = matchMedia(SHEET).matches;
  const button = document.querySelector(`[popovertarget="${menu.id}"]`).getBoundingClientRect();
  const left = Math.max(EDGE, Math.min(button.left, innerWidth - menu.offsetWidth - EDGE));
  const below = innerHeight - button.bottom - GAP - EDGE;
  const over = button.top - GAP - EDGE;
  const above = menu.matches(".above") && below < over;
  menu.style.top = sheet ? "" : `${above ? Math.max(EDGE, button.top - GAP - menu.offsetHeight) : button.bottom + GAP}px`;
  menu.style.left = sheet ? "" : `${left}px`;
  menu.style.maxHeight = sheet ? "" : `${above ? over : below}px`;
}
