/** Times that go on by themselves: how long somebody has waited, how long until the deadline. */

const WORDS = { far: "due in", near: "due soon," };

// how far the server's clock is ahead of this machine's, ms
let ahead = 0;

/** Takes the server's clock from a response's Date header. */
export function setClock(header) {
  const moment = Date.parse(header || "");
  // the header counts whole seconds, and our own clock is good enough within two
  if (moment) ahead = Math.abs(moment - Date.now()) > 2000 ? moment - Date.now() : 0;
}

/** Writes every running time below `root` as it stands now. */
export function tick(root = document) {
  const now = Date.now() + ahead;
  for (const time of root.querySelectorAll("time[data-since]")) {
    write(time, span((now - Date.parse(time.dataset.since)) / 1000));
  }
  for (const time of root.querySelectorAll("time[data-deadline]")) {
    const left = (Date.parse(time.dataset.deadline) - now) / 1000;
    const state = left < 0 ? "late" : time.dataset.state;
    const sign = time.closest(".due");
    if (sign.dataset.state !== state) sign.dataset.state = state;
    write(time, state === "late" ? `late ${span(-left)}` : `${WORDS[state]} ${span(left)}`);
  }
}

function write(time, text) {
  if (time.textContent !== text) time.textContent = text;
}

/** Seconds as 4:05, 3 h 07 min or 2 days. */
function span(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)}`;
  if (whole < 86400) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  const days = Math.floor(whole / 86400);
  return days === 1 ? "1 day" : `${days} days`;
}
