/** The desk: which conversation is open, how one goes about, and keeping both columns as they are now. */

import * as actions from "./actions.js";
import * as alerts from "./alerts.js";
import * as composer from "./composer.js";
import { listen } from "./live.js";
import * as menus from "./menus.js";
import * as side from "./side.js";
import * as signs from "./signs.js";
import * as swapping from "./swapping.js";
import { soon } from "./swapping.js";
import { tick } from "./ticking.js";
import { settled, tell } from "./toasts.js";

const htmx = window.htmx;
const LIST_GAP = 700; // ms at least between two looks at the list, however busy the shop is
const LIST_GAP_HIDDEN = 4000;
const LOOK_AGAIN = 60000; // ms; times of day, "Today", and whatever a broken stream kept from us
const NEAR_BOTTOM = 90; // px
const SCROLLING = 600; // ms that a smooth scroll may be on its way
const TAIL = 40; // newest messages that are fetched anew; those before them do not change any more

const find = (id) => document.getElementById(id);
const pane = find("pane");
const list = find("list");
const filters = find("filters");
const nothing = pane.innerHTML;

let open = document.body.dataset.open;
let bottom = null; // how the transcript stood before it was changed
let staleFrom = Infinity; // the oldest line that is known to have changed, by its seq

// ------------------------------------------------------------------------------------------ fetching

swapping.install(
  (root, target) => {
    mark(root);
    bottom = target === pane ? bottomLine() : null;
  },
  (target) => {
    if (target === pane) paneChanged(bottom);
    if (target === list) alerts.tell(JSON.parse(find("stand").dataset.stand), open);
  },
);

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target !== pane) return;
  // an answer about a conversation that was left meanwhile, or one that may show again what is on its way
  const current = open && event.detail.requestConfig.path === panePath(open);
  if (!current || composer.busy(open)) event.detail.shouldSwap = false;
});

const refreshList = soon(
  () => htmx.trigger(list, "refresh"),
  () => (document.hidden ? LIST_GAP_HIDDEN : LIST_GAP),
);

const refreshPane = soon(async () => {
  if (open && !composer.busy(open)) await fetchPane();
});

function panePath(conversation) {
  return `/desk/conversations/${encodeURIComponent(conversation)}/pane`;
}

// One at a time: a call during a fetch gets the one that follows it, so that what it sees is newer than the call.
let running = null;
let following = null;

function fetchPane() {
  if (!running) {
    running = load().finally(() => (running = null));
    return running;
  }
  following = following || running.then(() => {
    following = null;
    return fetchPane();
  });
  return following;
}

async function load() {
  if (!open) return;
  const messages = find("messages");
  const same = messages && messages.closest("article").dataset.conversation === open;
  const lines = same ? messages.children.length : 0;
  const tail = lines > TAIL ? Number(messages.children[lines - TAIL - 1].dataset.seq) : 0;
  const after = Math.min(tail, staleFrom - 1);
  staleFrom = Infinity;
  try {
    await htmx.ajax("GET", panePath(open), { source: pane, target: pane, swap: "morph", values: { after } });
  } catch {
    // no answer: the banner says so, and we look again when the stream is back
  }
}

/** This line has changed, however far up it stands. */
function outdated(line) {
  if (line) staleFrom = Math.min(staleFrom, Number(line.dataset.seq));
}

/** How the order stands, asked of the shop by itself: a slow shop keeps nobody from reading. */
function askForOrder() {
  const place = find("brief-order");
  if (!place || place.dataset.asked) return;
  place.dataset.asked = "yes";
  const path = `/desk/conversations/${encodeURIComponent(place.dataset.order)}/order`;
  htmx.ajax("GET", path, { source: place, target: place, swap: "innerHTML" }).catch(() => {});
}

function refresh() {
  refreshList();
  refreshPane();
}

// ------------------------------------------------------------------------------------------ what changed

/** What only this page knows about the markup that came: which row is open. */
function mark(root) {
  for (const row of root.querySelectorAll("a.row")) {
    if (row.dataset.conversation === open) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
}

/** Until when a smooth scroll to the newest line may still be under way: who wrote last is not reading above. */
let headingDownUntil = 0;

/** Null unless a transcript is shown; else its newest line and whether the agent is looking at it. */
function bottomLine() {
  const scroll = find("scroll");
  if (!scroll) return null;
  return {
    conversation: scroll.closest("article").dataset.conversation,
    newest: find("messages").lastElementChild?.id,
    reading: !atBottom(scroll) && Date.now() > headingDownUntil,
  };
}

function atBottom(scroll) {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_BOTTOM;
}

function paneChanged(before) {
  composer.settle();
  composer.prepare();
  const scroll = find("scroll");
  if (!scroll) return;
  const fresh = !before || before.conversation !== open;
  if (fresh) {
    find("brief").open = briefWanted();
    stayAtBottom(scroll);
  }
  askForOrder();
  if (fresh || !before.reading) toBottom(false);
  else if (find("messages").lastElementChild?.id !== before.newest) find("newest").hidden = false;
  signs.prepare(atEnd);
}

/** Whether the newest line is in sight. */
function atEnd() {
  const scroll = find("scroll");
  return Boolean(scroll) && (atBottom(scroll) || Date.now() < headingDownUntil);
}

/** Keeps the newest line in sight when the window, the brief or the answer box leaves less room for it. */
function stayAtBottom(scroll) {
  let end = true;
  const look = () => {
    end = atBottom(scroll);
    if (!end) return;
    find("newest").hidden = true;
    signs.look(atEnd);
  };
  scroll.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(() => end && scroll.isConnected && toBottom(false)).observe(scroll);
}

function toBottom(smoothly = true) {
  const scroll = find("scroll");
  if (!scroll) return;
  const far = scroll.scrollHeight - scroll.scrollTop > 4 * scroll.clientHeight;
  const calm = !smoothly || far || matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (!calm) headingDownUntil = Date.now() + SCROLLING;
  scroll.scrollTo({ top: scroll.scrollHeight, behavior: calm ? "auto" : "smooth" });
  find("newest").hidden = true;
}

function briefWanted() {
  const kept = localStorage.getItem("desk brief");
  return kept ? kept === "open" : matchMedia("(min-width: 760px) and (min-height: 640px)").matches;
}

// ------------------------------------------------------------------------------------------ going about

function address() {
  const tab = filters.elements.tab.value;
  const search = filters.elements.q.value.trim();
  const team = filters.elements.team?.value;
  const wanted = { ...(tab !== "queued" && { tab }), ...(team && { team }), ...(search && { q: search }) };
  const query = new URLSearchParams(wanted).toString();
  return (open ? `/desk/conversations/${encodeURIComponent(open)}` : "/desk") + (query && `?${query}`);
}

async function show(conversation, focused = true) {
  open = conversation;
  document.body.dataset.open = open;
  staleFrom = Infinity;
  mark(document);
  settled(open);
  if (!open) {
    pane.innerHTML = nothing;
    return;
  }
  pane.setAttribute("aria-busy", "true");
  await fetchPane();
  pane.removeAttribute("aria-busy");
  if (focused && open === conversation) find("conversation-title")?.focus({ preventScroll: true });
}

function go(conversation) {
  const left = open;
  if (conversation === open) return refreshPane();
  const shown = show(conversation);
  history.pushState({}, "", address());
  if (!conversation && left) list.querySelector(`[data-conversation="${CSS.escape(left)}"]`)?.focus();
  return shown;
}

function choose(tab) {
  filters.elements.tab.value = tab;
  filters.elements.limit.value = filters.elements.limit.defaultValue;
  for (const link of document.querySelectorAll("#tabs a")) {
    if (link.dataset.tab === tab) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    if (link.dataset.tab === tab) find("list-title").textContent = link.querySelector("span").textContent;
  }
  side.showCurrent();
  list.replaceChildren(); // at once, so that nobody clicks on a row of the tab that was left
  htmx.trigger(list, "refresh");
}

window.addEventListener("popstate", () => {
  const parts = location.pathname.split("/");
  const query = new URLSearchParams(location.search);
  filters.elements.q.value = query.get("q") || "";
  if (filters.elements.team) filters.elements.team.value = query.get("team") || "";
  if (filters.elements.tab.value !== (query.get("tab") || "queued")) choose(query.get("tab") || "queued");
  else refreshList();
  const conversation = parts[2] === "conversations" ? decodeURIComponent(parts[3] || "") : "";
  if (conversation !== open) show(conversation);
});

// ------------------------------------------------------------------------------------------ what the agent does

/** A step was taken, or refused: both columns as they are now, and the focus where one goes on. */
async function stepped(conversation, step, line) {
  refreshList();
  if (open !== conversation) return;
  outdated(line);
  if (step !== "next") await fetchPane();
  if (open !== conversation || !step || step === "resend") return;
  if (["claim", "takeover", "next"].includes(step)) composer.focus();
  else find("conversation-title")?.focus({ preventScroll: true });
}

/** Scrolls to what was said at this moment, or first after it. */
function jump(moment) {
  const at = Date.parse(moment);
  const lines = [...find("messages").children];
  const line = lines.find((one) => Date.parse(one.querySelector("time").dateTime) >= at - 1000) || lines.at(-1);
  line?.scrollIntoView({ block: "center" });
  find("scroll").focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("a, button");
  if (!target) return;
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (target.matches("a") && !plain) return; // a new tab or window
  if (target.matches("a[data-conversation]")) {
    event.preventDefault();
    go(target.dataset.conversation);
  } else if (target.matches("a[data-home]")) {
    event.preventDefault();
    go("");
  } else if (target.matches("a[data-tab]")) {
    event.preventDefault();
    choose(target.dataset.tab);
    history.replaceState({}, "", address());
  } else if (target.matches("[data-jump]")) {
    jump(target.dataset.jump);
  } else if (target.matches("[data-order-again]")) {
    delete find("brief-order").dataset.asked;
    askForOrder();
  } else if (target.matches("[data-more]")) {
    filters.elements.limit.value = target.dataset.more;
    refreshList();
  } else if (target.id === "newest") {
    toBottom();
  }
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  const plain = !typing && !event.metaKey && !event.ctrlKey && !event.altKey && !event.repeat;
  if (plain && event.key === "/") {
    event.preventDefault();
    find("search").focus();
  }
  if (plain && event.key === "n" && !document.querySelector(".menu:popover-open")) {
    event.preventDefault();
    find("next").click();
  }
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.matches("a.row, #search")) {
    const rows = [...list.querySelectorAll("a.row")];
    const next = rows[rows.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
});

filters.addEventListener("submit", (event) => {
  event.preventDefault();
  refreshList();
});

find("search").addEventListener("input", () => {
  filters.elements.limit.value = filters.elements.limit.defaultValue;
  history.replaceState({}, "", address());
});

find("team")?.addEventListener("change", () => {
  choose(filters.elements.tab.value);
  history.replaceState({}, "", address());
});

// the brief stays as the agent likes it; `toggle` does not bubble
document.addEventListener(
  "click",
  (event) => {
    const brief = event.target.closest("#brief > summary")?.parentElement;
    if (brief) localStorage.setItem("desk brief", brief.open ? "closed" : "open");
  },
  true,
);

/** Somebody types, or has read, in a conversation; none of it moves anything in the list. */
function signed(data) {
  if (data.conversation_id !== open || !find("messages")) return;
  const end = atEnd();
  if (signs.customerTyping(data.customer_typing) && end) toBottom(false);
  if (data.customer_seen !== Number(find("messages").dataset.seen)) refreshPane();
}

// ------------------------------------------------------------------------------------------ begin

composer.install(refresh, toBottom, tell);
side.install(refreshList);
menus.install(refreshPane);
actions.install(() => open, stepped, go);
signs.install(atEnd);
listen(
  (kind, data) => {
    if (kind === "signs") return signed(data);
    refreshList();
    if (data.conversation_id !== open) return;
    // a message that is here already has been changed
    if (kind === "delivery" || kind === "message") outdated(find(`message-${data.message_id}`));
    refreshPane();
  },
  refresh,
  (down) => {
    find("offline").textContent = down ? "The connection is lost. What you see may be out of date; trying again…" : "";
  },
  () => location.reload(),
);
setInterval(tick, 1000);
setInterval(refresh, LOOK_AGAIN);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
refreshList();
if (open) show(open, false);
