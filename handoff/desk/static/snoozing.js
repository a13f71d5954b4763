/** The moments to which a conversation can be put aside, on the clock of whoever puts it aside. */

const MORNING = 9; // o'clock
const MONDAY = 1;

/** When `name` is, seen from `now`: hour, hours (three), tomorrow, monday. */
export function moment(name, now = new Date()) {
  const at = new Date(now);
  if (name === "hour" || name === "hours") {
    at.setMinutes(at.getMinutes() + (name === "hour" ? 60 : 180));
    return at;
  }
  at.setHours(MORNING, 0, 0, 0);
  const days = name === "tomorrow" ? 1 : (MONDAY + 7 - at.getDay()) % 7 || 7;
  at.setDate(at.getDate() + days);
  return at;
}

/** Writes into an opening menu when each of its moments is, and the earliest of one's own choice. */
export function label(menu, now = new Date()) {
  const sunday = now.getDay() === MONDAY - 1; // tomorrow is Monday: once is enough
  for (const button of menu.querySelectorAll("[data-until]")) {
    const at = moment(button.dataset.until, now);
    const far = at - now > 20 * 3600 * 1000;
    const day = far ? `${at.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" })}, ` : "";
    button.querySelector(".at").textContent = day + at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    button.hidden = sunday && button.dataset.until === "monday";
  }
  const own = menu.querySelector("input");
  own.min = written(now);
  if (!own.value) own.value = written(moment("tomorrow", now));
}

/** A moment as `datetime-local` writes it, on the clock of the place. */
function written(at) {
  const two = (number) => String(number).padStart(2, "0");
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
