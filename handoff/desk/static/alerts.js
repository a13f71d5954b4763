/** Telling an agent what is new: the number in the title, notices in the page, and notifications of the browser for
 * those who switch them on. A notification says that somebody is waiting, never who or what they wrote. */

import { notice } from "./toasts.js";

const SWITCH = "desk notifications";

let before = null;
let taking = 0;
const taken = new Set(); // conversations that this page took itself: no news to whoever sits before it

/** Shows how things stand, and tells of what is new since the last time.
 * @param {object} stand as handoff/desk/stand.py gives it
 * @param {string} open the conversation that is being looked at */
export function tell(stand, open) {
  document.title = document.title.replace(/^(\(\d+\) )?/, stand.waiting ? `(${stand.waiting}) ` : "");
  if (taking) return; // what comes of it is not known yet
  if (before) {
    if (stand.waiting > before.waiting) {
      notify("waiting", stand.waiting === 1 ? "A customer is waiting." : `${stand.waiting} customers are waiting.`);
    }
    for (const one of stand.own) tellOfOwn(one, before.own.find((other) => other.id === one.id), open);
    for (const one of stand.late) {
      if (before.late.some((other) => other.id === one.id)) continue;
      notify("late", "A customer has waited too long.");
      if (!looking(one.id, open)) notice(one.id, `Late: ${one.name}, ${one.owner ? `with ${one.owner}` : "waiting"}`, "late");
    }
  }
  before = stand;
}

/** While `step` runs, and for the conversation that comes of it: the agent knows, since they did it. */
export async function quietly(step) {
  taking += 1;
  try {
    const conversation = await step();
    if (conversation) taken.add(conversation);
    return conversation;
  } finally {
    taking -= 1;
  }
}

/** The switch; it stays hidden in browsers that cannot notify. */
export function install(button) {
  if (!("Notification" in window) || !window.isSecureContext) return;
  button.hidden = false;
  show(button);
  button.addEventListener("click", async () => {
    if (on()) localStorage.removeItem(SWITCH);
    else if ((await Notification.requestPermission()) === "granted") localStorage.setItem(SWITCH, "on");
    show(button);
  });
}

function tellOfOwn(one, was, open) {
  const seen = looking(one.id, open);
  const say = (text, mood) => seen || notice(one.id, text, mood);
  if (!was) {
    if (taken.delete(one.id)) return;
    notify("mine", "A conversation was given to you.");
    say(`Given to you: ${one.name}`);
  } else if (one.state && one.state !== was.state) {
    const late = one.state === "breached";
    notify("deadline", late ? "A customer of yours has waited too long." : "A customer of yours should have an answer soon.");
    say(late ? `Late: ${one.name} waits for your answer` : `Answer soon: ${one.name}`, late ? "late" : "near");
  } else if (one.asked && one.asked !== was.asked) {
    notify("mine", "A customer of yours has written.");
    say(`${one.name} wrote to you`);
  } else if (was.snoozed && !one.snoozed && !seen) {
    notify("mine", "A conversation that you put aside is back.");
    say(`Back from snoozing: ${one.name}`);
  }
}

function looking(conversation, open) {
  return conversation === open && !document.hidden;
}

function on() {
  return "Notification" in window && Notification.permission === "granted" && localStorage.getItem(SWITCH) === "on";
}

function show(button) {
  button.setAttribute("aria-pressed", String(on()));
  button.title = on() ? "Notifications are on" : "Tell me when somebody is waiting";
}

function notify(tag, text) {
  if (!document.hidden || !on()) return;
  const note = new Notification("Desk", { body: text, tag, icon: "/desk/static/mark.svg" });
  note.onclick = () => {
    window.focus();
    note.close();
  };
}
