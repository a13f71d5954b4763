/** Telling an agent who looks elsewhere: the number in the title, and notifications for those who switch them on.
 * A notification says that somebody is waiting, never what they wrote. */

const SWITCH = "desk notifications";

let waiting = null;
let asking = null;

/** Shows how things stand, and tells of what is new since the last time.
 * @param {number} count how many customers wait
 * @param {string[]} mine the agent's conversations in which the customer wrote last */
export function tell(count, mine) {
  document.title = count ? `(${count}) Desk` : "Desk";
  if (waiting !== null && document.hidden && on()) {
    if (count > waiting) notify("waiting", count === 1 ? "A customer is waiting." : `${count} customers are waiting.`);
    if (mine.some((one) => !asking.includes(one))) notify("mine", "A customer of yours has written.");
  }
  waiting = count;
  asking = mine;
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

function on() {
  return "Notification" in window && Notification.permission === "granted" && localStorage.getItem(SWITCH) === "on";
}

function show(button) {
  button.setAttribute("aria-pressed", String(on()));
  button.title = on() ? "Notifications are on" : "Tell me when somebody is waiting";
}

function notify(tag, text) {
  const note = new Notification("Desk", { body: text, tag, icon: "/desk/static/mark.svg" });
  note.onclick = () => {
    window.focus();
    note.close();
  };
}
