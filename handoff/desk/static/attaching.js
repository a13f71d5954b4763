/** Files for a customer: chosen, dropped or pasted, uploaded at once, and seen and taken away again before they go. */

import { Failed, remove, upload } from "./api.js";
import { element, icon, size, thumbnail } from "./files.js";
import { lane } from "./lane.js";

const MOST = 5 * 1024 * 1024; // bytes
const MOST_FILES = 10;
const BROKE = "Not uploaded";
const FAILED = "A file was not uploaded; try it again or take it away.";
const UNDERWAY = "One moment: a file is still being uploaded.";

/** What goes with the next message to each customer. An entry's `id` is there once it is uploaded; its `file` is what
 * the browser has of it, null after a reload; `error` is why it was not uploaded, and `again` whether it may yet be;
 * `stale` is the id of an upload in whose stead it is uploaded. */
const held = new Map();
const inTurn = lane(2);

const find = (id) => document.getElementById(id);
const composer = () => find("composer");
const shown = (form) => form.closest("[data-conversation]").dataset.conversation;

/** @param {(sentence: string) => void} complain says at the composer what is wrong, nothing when all is well again */
export function install(complain) {
  const take = (files) => {
    const form = composer();
    if (!form || form.dataset.mode === "closed") return;
    const why = refusal(form);
    complain(why || add(shown(form), [...files]));
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("#attach")) find("attach-files").click();
  });
  document.addEventListener("change", (event) => {
    if (event.target.id !== "attach-files") return;
    take(event.target.files);
    event.target.value = ""; // the same file may be chosen again
    find("reply-text").focus();
  });
  document.addEventListener("paste", (event) => {
    const { files } = event.clipboardData;
    // what office programs copy has words and a picture of them; the words are meant
    const words = event.clipboardData.getData("text/html") && event.clipboardData.getData("text/plain");
    if (event.target.id !== "reply-text" || !files.length || words) return;
    event.preventDefault();
    take(files);
  });
  dropping(take);
}

/** Shows what is held for the conversation of a composer that just appeared. */
export function prepare() {
  const form = composer();
  if (form && find("attached").dataset.of !== shown(form)) draw(shown(form));
}

/** What is to go with the next message. */
export function of(conversation) {
  return held.get(conversation) || [];
}

/** Why that cannot go now; nothing when it can. */
export function obstacle(conversation) {
  const entries = of(conversation);
  if (entries.some((entry) => entry.error)) return FAILED;
  return entries.every((entry) => entry.id) ? "" : UNDERWAY;
}

/** It is on its way with a message. */
export function clear(conversation) {
  held.delete(conversation);
  draw(conversation);
}

/** They did not go out after all.
 * @param gone the one among them that the server has thrown away meanwhile: it is uploaded anew, and so are the others,
 * which have waited as long; null when there is none */
export function giveBack(conversation, entries, gone) {
  held.set(conversation, [...entries, ...of(conversation)]);
  for (const entry of gone ? entries : []) {
    if (entry.file) start(conversation, Object.assign(entry, { stale: entry.id }));
    else if (entry === gone) Object.assign(entry, { id: null, error: "Waited too long; attach it anew" });
  }
  draw(conversation);
}

/** Says why nothing can be attached now; nothing when something can. */
function refusal(form) {
  if (form.dataset.noFiles) return form.dataset.noFiles;
  return form.dataset.mode === "note" ? "A private note takes no files. Switch to Reply to send them." : "";
}

/** Takes what can be sent; returns a sentence about the rest. */
function add(conversation, files) {
  const entries = [...of(conversation)];
  const trouble = new Set();
  for (const file of files) {
    // said here too: a large file need not be sent to hear it
    if (file.size > MOST) trouble.add(`${file.name} is larger than 5 MB.`);
    else if (entries.length === MOST_FILES) trouble.add(`At most ${MOST_FILES} files can be sent together.`);
    else entries.push({ file, name: file.name, type: file.type, size: file.size, id: null, error: "" });
  }
  const fresh = entries.slice(of(conversation).length);
  held.set(conversation, entries);
  for (const entry of fresh) start(conversation, entry);
  draw(conversation);
  return [...trouble].join(" ");
}

async function start(conversation, entry) {
  Object.assign(entry, { id: null, error: "", again: false });
  try {
    await inTurn(() => send(conversation, entry));
  } catch (failed) {
    if (!(failed instanceof Failed)) throw failed;
    if (failed.status === 401) location.reload();
    const mayPass = failed.status === 0 || failed.status >= 500;
    // of too many waiting, some will have gone
    Object.assign(entry, { error: mayPass ? BROKE : failed.message, again: mayPass || failed.status === 429 });
  }
  draw(conversation);
  if (of(conversation).includes(entry)) tell(conversation, entry);
}

async function send(conversation, entry) {
  if (!of(conversation).includes(entry)) return; // taken away before its turn came
  if (entry.stale) await remove(`files/${entry.stale}`); // else it might wait there too, and count
  entry.stale = null;
  const taken = await upload(`files?conversation=${encodeURIComponent(conversation)}`, entry.file, entry.name);
  if (of(conversation).includes(entry)) Object.assign(entry, taken);
  else remove(`files/${taken.id}`).catch(() => {}); // taken away meanwhile
}

// ------------------------------------------------------------------------------------------ what is seen

function here(conversation) {
  return Boolean(composer()) && shown(composer()) === conversation;
}

/** To those who do not see it: what became of one, and which were not uploaded. */
function tell(conversation, entry) {
  if (!here(conversation)) return;
  const bad = of(conversation).filter((one) => one.error);
  const said = bad.map((one) => `${one.name}: ${one.error.replace(/\.$/, "")}.`);
  if (entry.id) said.unshift(`${entry.name} is attached.`);
  find("attach-status").textContent = said.join(" ");
}

function draw(conversation) {
  if (!here(conversation)) return;
  const told = find("send-error");
  // why nothing could be sent is so no more
  if ([FAILED, UNDERWAY].includes(told.textContent) && told.textContent !== obstacle(conversation)) told.textContent = "";
  const list = find("attached");
  list.dataset.of = conversation;
  const entries = of(conversation);
  list.hidden = !entries.length;
  // only what is another is drawn anew, for the focus may be on any of them
  const wanted = entries.map((entry) => chip(conversation, entry));
  for (const item of [...list.children]) if (!wanted.includes(item)) item.remove();
  wanted.forEach((item, place) => list.children[place] === item || list.insertBefore(item, list.children[place] || null));
  list.querySelector("[data-state=failed]")?.scrollIntoView({ block: "nearest" });
}

function chip(conversation, entry) {
  const state = entry.error ? "failed" : entry.id ? "done" : "uploading";
  const same = entry.item?.dataset.state === state && entry.item.dataset.of === conversation;
  // a message on its way takes the picture along
  if (same && entry.item.contains(entry.painted)) return entry.item;
  const focused = entry.item?.contains(document.activeElement);
  const item = element("li", "attachment");
  Object.assign(item.dataset, { testid: "attachment", state, of: conversation });
  const name = element("span", "name", entry.name);
  name.dir = "auto";
  name.title = entry.name;
  const told = { failed: entry.error, done: size(entry.size), uploading: "Uploading…" }[state];
  const words = element("span", "words-of");
  words.append(name, element("span", "size", told));
  item.append(thumbnail(entry), words);
  if (entry.error && entry.again) {
    const again = element("button", "link", "Try again");
    Object.assign(again, { type: "button", onclick: () => retry(conversation, entry) });
    again.setAttribute("aria-label", `Upload ${entry.name} again`);
    item.append(again);
  }
  const away = element("button", "ghost");
  Object.assign(away, { type: "button", title: "Remove", onclick: () => dropped(conversation, entry) });
  away.setAttribute("aria-label", `Remove ${entry.name}`);
  away.append(icon("cross"));
  item.append(away);
  entry.item?.replaceWith(item);
  entry.item = item;
  if (focused) away.focus();
  return item;
}

function retry(conversation, entry) {
  find("reply-text").focus(); // its own button goes, and the next one takes the file away
  start(conversation, entry);
  draw(conversation);
}

function dropped(conversation, entry) {
  const entries = of(conversation);
  if (!entries.includes(entry)) return;
  held.set(conversation, entries.filter((one) => one !== entry));
  const id = entry.id || entry.stale;
  if (id) remove(`files/${id}`).catch(() => {}); // it goes by itself after a while
  draw(conversation);
  find("attach-status").textContent = `${entry.name} is removed.`;
  (find("attached").querySelector(".ghost") || find("attach")).focus();
}

/** Files that are dragged over the window are for the open conversation, and never a page to go to. */
function dropping(take) {
  let leaving = 0;
  const mark = (on) => composer()?.closest("article").toggleAttribute("data-drop", on);
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    clearTimeout(leaving);
    leaving = setTimeout(mark, 200, false); // it comes again and again while they are there
    mark(Boolean(composer()) && composer().dataset.mode !== "closed" && !refusal(composer()));
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    mark(false);
    take(event.dataTransfer.files);
  });
}
