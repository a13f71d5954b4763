/** The box in which an agent writes: a reply to the customer, or a note that only the desk sees. */

import { Failed, post } from "./api.js";
import * as attaching from "./attaching.js";
import { element, thumbnail } from "./files.js";

const RETRY_AFTER = [600, 1800]; // ms

/** What was sent from this page and has not been seen in the transcript yet, oldest first. What the server has not
 * acknowledged is also kept in the tab's storage: a reload sends it again under the same key, which stores it once. */
const outgoing = [];
let sending = false;
let noting = ""; // the conversation to which a note is being written

const find = (id) => document.getElementById(id);
const me = () => document.body.dataset.person;

/** Whether something is on its way to this conversation, so that its transcript should wait with showing it twice. */
export function busy(conversation) {
  return outgoing.some((item) => !item.id && item.conversation === conversation);
}

/** Makes a composer that just appeared ready: its mode, its draft, its size, and what is still on its way. */
export function prepare() {
  const form = find("composer");
  if (!form) return;
  attaching.prepare();
  for (const item of outgoing) {
    if (item.conversation !== shown(form) || item.line?.isConnected) continue;
    item.line = standIn(item);
    find("outgoing").append(item.line);
  }
  if (form.dataset.mode) return;
  // What is begun as a note stays one when the conversation is claimed, passed on or taken meanwhile: it must not go
  // out to the customer. One begun before a reload goes on too.
  const noted = noting === shown(form) || (form.dataset.rest === "closed" && draft(form, "note"));
  setMode(form, noted ? "note" : form.dataset.rest);
}

/** Takes away the stand-ins of messages that are in the transcript now. */
export function settle() {
  for (const item of [...outgoing]) {
    if (item.id && find(`message-${item.id}`)) {
      drop(item);
    }
  }
}

/** Puts the cursor into the box, if there is one to write in. */
export function focus() {
  const box = find("reply-text");
  if (box && box.offsetParent) box.focus();
}

/** @param {() => void} onSent something was sent, or refused: the conversation should be fetched anew
 * @param {() => void} onGrown the stand-in of a message was added at the transcript's end
 * @param {(sentence: string) => void} onRefused the server did not take a message, and why */
export function install(onSent, onGrown, onRefused) {
  attaching.install(complain);
  document.addEventListener("click", (event) => {
    const form = find("composer");
    if (!form) return;
    const button = event.target.closest("#note-mode, #reply-mode");
    if (!button) return;
    const note = button.id === "note-mode" && form.dataset.mode !== "note";
    setMode(form, note ? "note" : form.dataset.rest);
    focus();
  });
  document.addEventListener("submit", (event) => {
    if (event.target.id !== "composer") return;
    event.preventDefault();
    if (submit(event.target)) {
      onGrown();
      sendAll(onSent, onRefused);
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "reply-text" || event.key !== "Enter") return;
    // Enter also ends a word in an input method, as for Bengali
    if (event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (!event.repeat) event.target.form.requestSubmit();
  });
  document.addEventListener("input", (event) => {
    if (event.target.id !== "reply-text") return;
    const form = event.target.form;
    keep(form, event.target.value);
    grow(event.target);
    complain("");
  });
  outgoing.push(...(stored("outgoing") || []).map(restored));
  sendAll(onSent, onRefused);
}

function setMode(form, mode) {
  form.dataset.mode = mode;
  noting = mode === "note" ? shown(form) : "";
  const writing = mode === "note" ? "note" : "reply";
  const box = find("reply-text");
  box.setAttribute("aria-label", writing === "note" ? "Private note" : "Reply");
  box.placeholder = box.dataset[writing];
  if (box.value !== draft(form, writing)) box.value = draft(form, writing); // setting it moves the cursor
  find("reply-hint").textContent = find("reply-hint").dataset[writing];
  find("send").textContent = find("send").dataset[writing];
  find("note-mode").setAttribute("aria-pressed", String(mode === "note"));
  find("reply-mode")?.setAttribute("aria-pressed", String(mode === "reply"));
  complain("");
  grow(box);
}

function submit(form) {
  const box = find("reply-text");
  const text = box.value.trim();
  const conversation = shown(form);
  const isPrivate = form.dataset.mode === "note";
  const attached = isPrivate ? [] : attaching.of(conversation);
  if ((!text && !attached.length) || form.dataset.mode === "closed") return false;
  const obstacle = isPrivate ? "" : attaching.obstacle(conversation);
  if (obstacle) {
    complain(obstacle);
    return false;
  }
  // one file goes with a message, so that of each it is known whether it arrived; the words go with the first
  const entries = attached.length ? attached : [null];
  const items = entries.map((entry, place) => {
    const file = entry && { id: entry.id, name: entry.name, type: entry.type, size: entry.size };
    return { conversation, text: place ? "" : text, private: isPrivate, file, key: key(), entry, line: null, id: null };
  });
  const unsure = stored("unsure");
  for (const item of items) if (unsure && plain({ ...item, key: unsure.key }) === plain(unsure)) item.key = unsure.key;
  store("unsure", null);
  outgoing.push(...items);
  keepOutgoing();
  if (attached.length) attaching.clear(conversation);
  box.value = "";
  keep(form, "");
  grow(box);
  complain("");
  prepare();
  return true;
}

/** Sends one after another, so that they arrive in the order in which they were written. */
async function sendAll(onSent, onRefused) {
  if (sending) return;
  sending = true;
  try {
    for (let item = next(); item; item = next()) {
      try {
        item.id = (await send(item)).id;
        keepOutgoing();
        if (item.line) {
          item.line.dataset.state = "sent";
          item.line.querySelector(".delivery").textContent = item.private ? "Saved" : "Sent";
        }
      } catch (failed) {
        takeBack(item, failed, onRefused);
      }
      onSent();
    }
  } finally {
    sending = false;
  }
}

function next() {
  return outgoing.find((item) => !item.id);
}

async function send(item) {
  const body = { text: item.text, private: item.private, ...(item.file && { file: item.file.id }) };
  const path = `conversations/${encodeURIComponent(item.conversation)}/messages`;
  for (let attempt = 0; ; attempt++) {
    try {
      return await post(path, body, { "Idempotency-Key": item.key });
    } catch (failed) {
      if (!mayPass(failed) || attempt === RETRY_AFTER.length) throw failed;
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER[attempt]));
    }
  }
}

function mayPass(failed) {
  return failed.status === 0 || failed.status >= 500;
}

/** It did not go out: the words, and those written after them, go back to where they can be sent again. */
function takeBack(item, failed, onRefused) {
  if (!(failed instanceof Failed)) throw failed;
  const back = outgoing.filter((one) => !one.id && one.conversation === item.conversation && one.private === item.private);
  back.forEach(drop);
  keepOutgoing();
  const kind = item.private ? "note" : "reply";
  const name = draftName(item.conversation, kind);
  const text = [...back.map((one) => one.text), sessionStorage.getItem(name) || ""].filter(Boolean).join("\n");
  sessionStorage.setItem(name, text);
  const gone = failed.code === "unknown_file" ? item.entry : null;
  // the answer to an earlier try was lost, and the words were changed meanwhile
  const sent = failed.code === "file_sent" ? item.entry : null;
  const files = back.map((one) => one.entry).filter((entry) => entry && entry !== sent);
  if (files.length) attaching.giveBack(item.conversation, files, gone);
  // It may have arrived all the same: with its key kept, sending the same words again cannot double them.
  if (mayPass(failed)) store("unsure", plain(item));
  const form = find("composer");
  const here = form && shown(form) === item.conversation && form.dataset.mode === kind;
  if (here) {
    find("reply-text").value = text;
    grow(find("reply-text"));
  }
  if (sent) (here ? complain : onRefused)(sentAlready(sent, text));
  else if (here && gone) complain(tooLong(gone));
  else if (here && mayPass(failed)) complain(`${failed.message} Your message was not sent; it is still here.`);
  else onRefused(`${failed.message} Your message was not sent; its text is kept.`);
}

function sentAlready({ name }, text) {
  const words = " Your words are still here; look above whether they were sent with it.";
  return `${name} was sent already.${text ? words : ""}`;
}

function tooLong({ file }) {
  if (!file) return "A file waited too long. Take it away and attach it anew.";
  return "A file waited too long and is uploaded again; then press Send once more.";
}

function drop(item) {
  item.line?.remove();
  outgoing.splice(outgoing.indexOf(item), 1);
}

function keepOutgoing() {
  const left = outgoing.filter((item) => !item.id).map(plain);
  store("outgoing", left.length ? `[${left}]` : null);
}

/** An item as text, without its line of the page. */
function plain({ conversation, text, private: isPrivate, file, key }) {
  return JSON.stringify({ conversation, text, private: isPrivate, file: file || null, key });
}

function stored(name) {
  return JSON.parse(sessionStorage.getItem(`${me()} ${name}`));
}

/** An item from the tab's storage: of its file the browser has nothing any more. */
function restored(item) {
  return { ...item, entry: item.file && { ...item.file, file: null, error: "" }, line: null, id: null };
}

function store(name, json) {
  if (json) sessionStorage.setItem(`${me()} ${name}`, json);
  else sessionStorage.removeItem(`${me()} ${name}`);
}

/** A message as it will look, until the transcript has it. */
function standIn(item) {
  const mood = item.private ? "note" : "agent";
  const above = find("outgoing").lastElementChild || find("messages").lastElementChild;
  const goesOn = above?.classList.contains(mood) && above.dataset.name === document.body.dataset.me;
  const line = element("li", `line ${mood}${goesOn ? " goes-on" : ""}`);
  Object.assign(line.dataset, {
    testid: "message",
    author: "agent",
    private: String(item.private),
    name: document.body.dataset.me,
    state: "sending",
  });
  if (!goesOn) {
    const by = element("p", "by");
    by.append(element("b", "", document.body.dataset.me));
    if (item.private) by.append(element("span", "", "private note"));
    line.append(by);
  }
  if (item.text) {
    const bubble = element("div", "bubble");
    const text = element("span", "text", item.text);
    text.dir = "auto";
    bubble.append(text);
    line.append(bubble);
  }
  if (item.file) line.append(files(item));
  const under = element("p", "under");
  under.append(element("span", "delivery", "Sending…"));
  line.append(under);
  return line;
}

function files(item) {
  const list = element("ul", "files");
  const box = element("li", "");
  box.dataset.status = "here";
  const look = element("span", "file");
  const name = element("span", "name", item.file.name);
  name.dir = "auto";
  look.append(thumbnail(item.entry), name);
  box.append(look);
  list.append(box);
  return list;
}

function complain(sentence) {
  const place = find("send-error");
  if (place && place.textContent !== sentence) place.textContent = sentence;
}

function grow(box) {
  box.style.height = "auto";
  if (box.offsetParent) box.style.height = `${Math.min(box.scrollHeight + 2, 220)}px`;
}

function shown(form) {
  return form.closest("[data-conversation]").dataset.conversation;
}

function draftName(conversation, kind) {
  return `${me()} draft ${kind} ${conversation}`;
}

function draft(form, kind) {
  return sessionStorage.getItem(draftName(shown(form), kind)) || "";
}

function keep(form, text) {
  const name = draftName(shown(form), form.dataset.mode === "note" ? "note" : "reply");
  if (text) sessionStorage.setItem(name, text);
  else sessionStorage.removeItem(name);
}

function key() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // pages without https have no randomUUID
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
