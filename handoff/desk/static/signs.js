/** Signs between an agent and their customer: that somebody is typing, and how far each has read. */

import { post } from "./api.js";

const HOLDS = 6000; // ms that a sign of typing holds, unless it is given again
const AGAIN = 3000; // ms between two of our own

const find = (id) => document.getElementById(id);
const own = () => document.querySelector("article.conversation[data-mine=yes]");

let typingTimer = 0;
let typedAt = 0;
const read = new Map(); // of each conversation, the newest line that the server knows to be read

/** @param {() => boolean} atEnd whether the newest line is in sight */
export function install(atEnd) {
  document.addEventListener("input", (event) => {
    if (event.target.id === "reply-text" && event.target.form.dataset.mode === "reply") typing(event.target.value);
  });
  for (const event of ["visibilitychange", "focus"]) addEventListener(event, () => look(atEnd), true);
}

/** The customer is typing, or no longer: said below the newest line until that is over. Returns whether it changed. */
export function customerTyping(active) {
  clearTimeout(typingTimer);
  if (active) typingTimer = setTimeout(() => customerTyping(false), HOLDS);
  const place = find("customer-typing");
  const words = active ? "Customer is typing…" : "";
  if (!place || place.textContent === words) return false;
  place.textContent = words;
  return true;
}

/** The transcript came anew. */
export function prepare(atEnd) {
  if (find("customer-typing")?.textContent) customerTyping(true);
  // an older one may stand above the lines that were fetched
  for (const older of [...document.querySelectorAll("#messages .seen")].slice(0, -1)) older.remove();
  look(atEnd);
}

/** Tells the customer that what they wrote was read, when their agent has it before their eyes. */
export function look(atEnd) {
  const conversation = own()?.dataset.conversation;
  if (!conversation || document.hidden || !document.hasFocus() || !atEnd()) return;
  const newest = [...find("messages").querySelectorAll(".line.customer")].at(-1);
  const seq = Number(newest?.dataset.seq || 0);
  if (seq <= Math.max(Number(find("messages").dataset.read), read.get(conversation) || 0)) return;
  read.set(conversation, seq);
  post(`conversations/${encodeURIComponent(conversation)}/seen`, { seq }).catch(() => read.delete(conversation));
}

function typing(text) {
  const conversation = own()?.dataset.conversation;
  if (!conversation || !text.trim() || Date.now() - typedAt < AGAIN) return;
  typedAt = Date.now();
  post(`conversations/${encodeURIComponent(conversation)}/typing`).catch(() => {});
}
