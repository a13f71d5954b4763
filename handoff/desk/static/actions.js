/** What an agent does with a conversation: each a POST, after which the page shows what came of it. */

import * as alerts from "./alerts.js";
import { post } from "./api.js";
import { target } from "./menus.js";
import { moment } from "./snoozing.js";
import { tell } from "./toasts.js";

const find = (id) => document.getElementById(id);
const path = (conversation, step) => `conversations/${encodeURIComponent(conversation)}/${step}`;

/** @param {() => string} current the id of the open conversation
 * @param {(conversation: string, step: string) => Promise} done a step was taken: the page should be fetched anew
 * @param {(conversation: string) => void} go opens a conversation */
export function install(current, done, go) {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.id === "next") next(go, done);
    else if (button.matches("[data-action]")) act(button, current(), done);
    // the second click of a double one may fall on the answer to the question that the first one opened
    else if (button.matches("[data-resend]")) event.detail > 1 || resend(button, current(), done);
    else if (button.matches("[data-leave]")) button.closest("details").open = false;
    else if (button.matches("[data-copy]")) copy(button.dataset.copy);
  });
  // a question that opens below the newest line is to be seen
  document.addEventListener("toggle", (event) => event.target.matches("details.again") && event.target.scrollIntoView({ block: "nearest" }), true);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("#transfer-menu, #snooze-form")) return;
    event.preventDefault();
    const conversation = current();
    if (form.id === "transfer-menu") {
      const body = { ...target(form), note: find("transfer-note").value };
      take(conversation, "transfer", body, done).then((ok) => ok && tell(`Passed to ${form.querySelector("input:checked").dataset.title}.`));
    } else {
      snooze(conversation, new Date(find("snooze-at").value), done);
    }
  });
}

/** Takes the next conversation that suits; when there is none, says so. */
export async function next(go, done) {
  const button = find("next");
  if (button.disabled) return;
  button.disabled = true;
  try {
    const taken = await alerts.quietly(async () => (await post("next"))?.id);
    if (taken) {
      await go(taken);
      await done(taken, "next");
    } else {
      tell(find("tab-queued")?.querySelector(".count")?.textContent === "0"
        ? "Nobody is waiting. Enjoy the calm."
        : "Nobody is waiting whom you should take next; the others wait for another team or language.");
    }
  } catch (failed) {
    refused(failed);
  }
  button.disabled = false;
}

function act(button, conversation, done) {
  const { action, until } = button.dataset;
  if (action !== "snooze") return take(conversation, action, {}, done);
  return snooze(conversation, until === "now" ? null : moment(until), done);
}

async function snooze(conversation, until, done) {
  const ok = await take(conversation, "snooze", { until: until && until.toISOString() }, done);
  if (ok && until) tell("Put aside. It stands under Snoozed and comes back by itself.");
}

/** One step; its buttons rest meanwhile. Returns whether it was taken. */
async function take(conversation, step, body, done) {
  const buttons = find("actions").querySelectorAll("button");
  const resting = [...buttons].filter((button) => !button.disabled);
  for (const menu of document.querySelectorAll("#actions .menu:popover-open")) menu.hidePopover();
  for (const button of resting) button.disabled = true;
  let ok = false;
  try {
    await alerts.quietly(async () => {
      await post(path(conversation, step), body);
      return step === "claim" || step === "takeover" ? conversation : null;
    });
    ok = true;
  } catch (failed) {
    refused(failed);
  }
  await done(conversation, ok ? step : "");
  for (const button of resting) button.disabled = false; // those that are still there
  return ok;
}

async function resend(button, conversation, done) {
  button.disabled = true;
  try {
    await post(path(conversation, `messages/${encodeURIComponent(button.dataset.resend)}/resend`));
  } catch (failed) {
    refused(failed);
  }
  await done(conversation, "resend", find(`message-${button.dataset.resend}`));
  button.disabled = false;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    tell("Copied.");
  } catch {
    tell("The browser does not allow copying here; please mark the words and copy them yourself.");
  }
}

function refused(failed) {
  if (failed.status === 401) location.reload();
  tell(failed.status ? failed.message : "The server did not answer; please try again.");
}
