/** The team's page: who is there and how the queues stand, brought up to date as it changes. */

import * as alerts from "./alerts.js";
import { listen } from "./live.js";
import * as menus from "./menus.js";
import * as side from "./side.js";
import { install, soon } from "./swapping.js";
import { tick } from "./ticking.js";

const LOOK_AGAIN = 5000; // ms; who comes and goes is no event
const GAP = 1000; // ms at least between two looks, however busy the shop is
const GAP_HIDDEN = 10000;

const board = document.getElementById("board");

const refresh = soon(
  () => window.htmx.trigger(board, "refresh"),
  () => (document.hidden ? GAP_HIDDEN : GAP),
);

install(
  () => {},
  (target) => {
    if (target === board) alerts.tell(JSON.parse(document.getElementById("stand").dataset.stand), "");
  },
);
side.install(refresh);
menus.install(() => {});
listen(
  (kind) => kind === "signs" || refresh(),
  refresh,
  (down) => {
    document.getElementById("offline").textContent = down
      ? "The connection is lost. What you see may be out of date; trying again…"
      : "";
  },
  () => location.reload(),
);
setInterval(tick, 1000);
setInterval(refresh, LOOK_AGAIN);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
refresh();
