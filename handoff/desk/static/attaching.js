/** Files for a customer: chosen, dropped or pasted, uploaded at once, and seen and taken away again before they go. */

import { Failed, remove, upload } from "./api.js";
import { element, icon, size, thumbnail } from "./files.js";

const MOST = 5 * 1024 * 1024; // bytes
const MOST_FILES = 10;

/** What goes with the next message to each customer. An entry's `id` is there once it is uploaded; its `file` is what
 * the browser has of it, null after a reload. */
const held = new Map();

const find = (id) => document.getElementById(id);
const composer = () => find("composer");
const shown = (form) => form.closest("[data-conversation]").dataset.conversation;

/** @param {(sentence: string) => void} complain says at the composer what is wrong, nothing when all is well again */
export function install(complain) {
  const take = (files) => {
    const form = composer();
    if (!form || form.dataset.mode === "closed") return;
    const why = refusal(form);
    complain(why || add(shown(form), [...files], complain));
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
  if (entries.some((entry) => entry.error)) return "A file was not uploaded; try it again or take it away.";
  return entries.every((entry) => entry.id) ? "" : "One moment: a file is still being uploaded.";
}

/** It is on its way with a message. */
export function clear(conversation) {
  held.delete(conversation);
  draw(conversation);
}

/** It did not go out after all. What the server has thrown away meanwhile is uploaded anew.
 * @param {boolean} gone whether it may have done so */
export function giveBack(conversation, entries, gone) {
  const back = entries.filter((entry) => entry.file || !gone);
  held.set(conversation, [...back, ...of(conversation)]);
  if (gone) for (const entry of back) start(conversation, entry, () => {});
  draw(conversation);
}

/** Says why nothing can be attached now; nothing when something can. */
function refusal(form) {
  if (form.dataset.files !== "yes") return `Files cannot be sent to customers on ${form.dataset.channel}.`;
  return form.dataset.mode === "note" ? "A private note takes no files. Switch to Reply to send them." : "";
}

/** Takes what can be sent; returns a sentence about the rest. */
function add(conversation, files, complain) {
  const entries = [...of(conversation)];
  let trouble = "";
  for (const file of files) {
    // said here too: a large file need not be sent to hear it
    if (file.size > MOST) trouble = `${file.name} is larger than 5 MB.`;
    else if (entries.length === MOST_FILES) trouble = `At most ${MOST_FILES} files can be sent together.`;
    else entries.push({ file, name: file.name, type: file.type, size: file.size, id: null, error: "" });
  }
  const fresh = entries.slice(of(conversation).length);
  held.set(conversation, entries);
  for (const entry of fresh) start(conversation, entry, complain);
  draw(conversation);
  return trouble;
}

async function start(conversation, entry, complain) {
  Object.assign(entry, { id: null, error: "" });
  let taken = null;
  try {
    taken = await upload(`files?conversation=${encodeURIComponent(conversation)}`, entry.file, entry.name);
  } catch (failed) {
    if (!(failed instanceof Failed)) throw failed;
    if (failed.status === 401) location.reload();
    const mayPass = failed.status === 0 || failed.status >= 500;
    if (mayPass) entry.error = "Not uploaded";
    else if (takeAway(conversation, entry) && here(conversation)) complain(`${entry.name}: ${failed.message}`);
  }
  // taken away meanwhile
  if (taken && !of(conversation).includes(entry)) remove(`files/${taken.id}`).catch(() => {});
  else if (taken) Object.assign(entry, taken);
  draw(conversation);
  if (taken && here(conversation)) find("attach-status").textContent = `${entry.name} is attached.`;
}

function takeAway(conversation, entry) {
  const entries = of(conversation);
  if (!entries.includes(entry)) return false;
  held.set(conversation, entries.filter((one) => one !== entry));
  return true;
}

// ------------------------------------------------------------------------------------------ what is seen

function here(conversation) {
  return Boolean(composer()) && shown(composer()) === conversation;
}

function draw(conversation) {
  if (!here(conversation)) return;
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
  if (entry.item?.dataset.state === state && entry.item.dataset.of === conversation) return entry.item;
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
  if (entry.error) {
    const again = element("button", "link", "Try again");
    Object.assign(again, { type: "button", onclick: () => (start(conversation, entry, () => {}), draw(conversation)) });
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

function dropped(conversation, entry) {
  if (!takeAway(conversation, entry)) return;
  if (entry.id) remove(`files/${entry.id}`).catch(() => {}); // it goes by itself after a while
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
