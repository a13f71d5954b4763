/** The desk: which conversation is open, what the agent does with it, and keeping both columns as they are now. */

import * as alerts from "./alerts.js";
import { post, signOut } from "./api.js";
import * as composer from "./composer.js";
import { listen } from "./live.js";
import { morph } from "./morph.js";
import { setClock, tick } from "./ticking.js";

const htmx = window.htmx;
const DEBOUNCE = 120; // ms; a turn of the bot is several events at once
const LIST_GAP = 700; // ms at least between two looks at the list, however busy the shop is
const LIST_GAP_HIDDEN = 4000;
const LOOK_AGAIN = 60000; // ms; times of day, "Today", and whatever a broken stream kept from us
const NEAR_BOTTOM = 90; // px
const SCROLLING = 600; // ms that a smooth scroll may be on its way
const TAIL = 40; // newest messages that are fetched anew; those before them do not change any more
const TOAST = 7000; // ms

const find = (id) => document.getElementById(id);
const pane = find("pane");
const list = find("list");
const filters = find("filters");
const nothing = pane.innerHTML;

let open = document.body.dataset.open;

// ------------------------------------------------------------------------------------------ fetching

htmx.defineExtension("desk", {
  handleSwap(style, target, fragment) {
    if (style !== "morph") return false;
    const root = fragment.nodeType === Node.DOCUMENT_FRAGMENT_NODE ? fragment : wrapped(fragment);
    tick(root); // so that what only went on is not taken for a change
    mark(root);
    const bottom = target === pane ? bottomLine() : null;
    morph(target, root);
    if (target === pane) paneChanged(bottom);
    if (target === list) listChanged();
    return [];
  },
});

function wrapped(node) {
  const fragment = document.createDocumentFragment();
  fragment.append(...node.childNodes);
  return fragment;
}

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-Time-Zone"] = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
});

document.addEventListener("htmx:beforeSwap", (event) => {
  setClock(event.detail.xhr.getResponseHeader("Date"));
  if (event.detail.target !== pane) return;
  // an answer about a conversation that was left meanwhile, or one that may show again what is on its way
  const current = open && event.detail.requestConfig.path === panePath(open);
  if (!current || composer.busy(open)) event.detail.shouldSwap = false;
});

document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  if (status === 401 || status === 403) location.reload(); // to the sign-in page, and back here after it
  else if (status >= 500) tell("The server could not answer; what you see may be out of date.");
});

/** Calls `run` soon, once for however many asked meanwhile, never twice at a time, and `gap` ms apart. */
function soon(run, gap = () => 0) {
  let timer = 0;
  let began = 0;
  let running = false;
  let again = false;
  return async function ask() {
    if (running) {
      again = true;
      return;
    }
    if (timer) return;
    const wait = Math.max(DEBOUNCE, began + gap() - Date.now());
    await new Promise((resolve) => (timer = setTimeout(resolve, wait)));
    timer = 0;
    began = Date.now();
    running = true;
    try {
      await run();
    } finally {
      running = false;
      if (again) {
        again = false;
        ask();
      }
    }
  };
}

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
  const after = lines > TAIL ? messages.children[lines - TAIL - 1].dataset.seq : 0;
  try {
    await htmx.ajax("GET", panePath(open), { source: pane, target: pane, swap: "morph", values: { after } });
  } catch {
    // no answer: the banner says so, and we look again when the stream is back
  }
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

function listChanged() {
  const stand = find("stand");
  alerts.tell(Number(stand.dataset.waiting), stand.dataset.asking.split(" ").filter(Boolean));
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
  if (fresh || !before.reading) toBottom(false);
  else if (find("messages").lastElementChild?.id !== before.newest) find("newest").hidden = false;
}

/** Keeps the newest line in sight when the window, the brief or the answer box leaves less room for it. */
function stayAtBottom(scroll) {
  let end = true;
  const look = () => {
    end = atBottom(scroll);
    if (end) find("newest").hidden = true;
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
  const query = new URLSearchParams({ ...(tab !== "queued" && { tab }), ...(search && { q: search }) }).toString();
  return (open ? `/desk/conversations/${encodeURIComponent(open)}` : "/desk") + (query && `?${query}`);
}

async function show(conversation, focused = true) {
  open = conversation;
  document.body.dataset.open = open;
  mark(document);
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
  show(conversation);
  history.pushState({}, "", address());
  if (!conversation && left) list.querySelector(`[data-conversation="${CSS.escape(left)}"]`)?.focus();
  return undefined;
}

function choose(tab) {
  filters.elements.tab.value = tab;
  filters.elements.limit.value = filters.elements.limit.defaultValue;
  for (const link of document.querySelectorAll("#tabs a")) {
    if (link.dataset.tab === tab) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
    if (link.dataset.tab === tab) find("list-title").textContent = link.firstElementChild.textContent;
  }
  list.replaceChildren(); // at once, so that nobody clicks on a row of the tab that was left
  htmx.trigger(list, "refresh");
}

window.addEventListener("popstate", () => {
  const parts = location.pathname.split("/");
  const query = new URLSearchParams(location.search);
  filters.elements.q.value = query.get("q") || "";
  if (filters.elements.tab.value !== (query.get("tab") || "queued")) choose(query.get("tab") || "queued");
  else refreshList();
  const conversation = parts[2] === "conversations" ? decodeURIComponent(parts[3] || "") : "";
  if (conversation !== open) show(conversation);
});

// ------------------------------------------------------------------------------------------ what the agent does

const toast = find("toast");
let toastTimer = 0;

function tell(sentence) {
  clearTimeout(toastTimer);
  toast.textContent = sentence;
  toastTimer = setTimeout(() => (toast.textContent = ""), TOAST);
}

async function act(button) {
  const conversation = open;
  const buttons = find("actions").querySelectorAll("button");
  const { action, agent } = button.dataset;
  find("transfer-menu")?.hidePopover();
  for (const one of buttons) one.disabled = true;
  let done = false;
  try {
    await post(`conversations/${encodeURIComponent(conversation)}/${action}`, action === "transfer" ? { agent: agent ?? null } : {});
    done = true;
  } catch (failed) {
    if (failed.status === 401) location.reload();
    tell(failed.status ? failed.message : "The server did not answer; please try again.");
  }
  refreshList();
  if (open !== conversation) return;
  await fetchPane();
  for (const one of buttons) one.disabled = false; // those that are still there
  if (!done || open !== conversation) return;
  if (action === "claim") composer.focus();
  else find("conversation-title")?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("a, button");
  if (!target) return;
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (target.matches("a.row, a[data-tab], a[data-home]") && !plain) return; // a new tab or window
  if (target.matches("a.row")) {
    event.preventDefault();
    go(target.dataset.conversation);
  } else if (target.matches("a[data-home]")) {
    event.preventDefault();
    go("");
  } else if (target.matches("a[data-tab]")) {
    event.preventDefault();
    choose(target.dataset.tab);
    history.replaceState({}, "", address());
  } else if (target.matches("[data-action]")) {
    act(target);
  } else if (target.matches("[data-more]")) {
    filters.elements.limit.value = target.dataset.more;
    refreshList();
  } else if (target.id === "newest") {
    toBottom();
  } else if (target.id === "sign-out") {
    signOut().catch(() => tell("The server did not answer; you are still signed in."));
  }
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  if (event.key === "/" && !typing && !event.metaKey && !event.ctrlKey && !event.altKey) {
    event.preventDefault();
    find("search").focus();
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

// the brief stays as the agent likes it; `toggle` does not bubble
document.addEventListener(
  "click",
  (event) => {
    const brief = event.target.closest("#brief > summary")?.parentElement;
    if (brief) localStorage.setItem("desk brief", brief.open ? "closed" : "open");
  },
  true,
);

// a menu below its button, within the window; `beforetoggle` does not bubble
document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.id !== "transfer-menu" || event.newState !== "open") return;
    const menu = event.target;
    const button = find("transfer").getBoundingClientRect();
    menu.style.top = `${button.bottom + 6}px`;
    menu.style.left = `${Math.max(8, Math.min(button.left, innerWidth - menu.offsetWidth - 8))}px`;
    menu.querySelector("button").focus();
  },
  true,
);

// ------------------------------------------------------------------------------------------ begin

composer.install(refresh, toBottom, tell);
alerts.install(find("notify"));
listen(
  (kind, data) => {
    refreshList();
    if (data.conversation_id === open) refreshPane();
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
