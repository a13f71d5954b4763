/** The box in which an agent writes: a reply to the customer, or a note that only the desk sees. */

import { Failed, post } from "./api.js";

const SEND_TRIES = 3;
const RETRY_AFTER = 1200; // ms

/** What was sent from this page and has not been seen in the transcript yet, oldest first. */
const outgoing = [];
let sending = false;
// a message that may or may not have arrived keeps its key, so that sending the same words again cannot double them
let unsure = null;

const find = (id) => document.getElementById(id);

/** Whether something is on its way, so that the transcript should wait with showing it a second time. */
export function busy() {
  return sending;
}

/** Makes a composer that just appeared ready: its mode, its draft, its size. */
export function prepare() {
  const form = find("composer");
  if (!form || form.dataset.mode) return;
  // a note begun before a reload goes on
  const noted = form.dataset.rest === "closed" && draft(form, "note");
  setMode(form, noted ? "note" : form.dataset.rest);
}

/** Takes away the stand-ins of messages that are in the transcript now. */
export function settle() {
  for (const item of [...outgoing]) {
    if (item.id && find(`message-${item.id}`)) {
      item.line.remove();
      outgoing.splice(outgoing.indexOf(item), 1);
    }
  }
}

/** Puts the cursor into the box, if there is one to write in. */
export function focus() {
  const box = find("reply-text");
  if (box && box.offsetParent) box.focus();
}

/** @param {() => void} onSent something was sent, or refused: the conversation should be fetched anew
 * @param {() => void} onGrown the stand-in of a message was added at the transcript's end */
export function install(onSent, onGrown) {
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
    submit(event.target, onSent, onGrown);
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
}

function setMode(form, mode) {
  form.dataset.mode = mode;
  const writing = mode === "note" ? "note" : "reply";
  const box = find("reply-text");
  box.setAttribute("aria-label", writing === "note" ? "Private note" : "Reply");
  box.placeholder = box.dataset[writing];
  box.value = draft(form, writing);
  find("reply-hint").textContent = find("reply-hint").dataset[writing];
  find("send").textContent = find("send").dataset[writing];
  find("note-mode").setAttribute("aria-pressed", String(mode === "note"));
  find("reply-mode")?.setAttribute("aria-pressed", String(mode === "reply"));
  complain("");
  grow(box);
}

function submit(form, onSent, onGrown) {
  const box = find("reply-text");
  const text = box.value.trim();
  if (!text || form.dataset.mode === "closed") return;
  const conversation = form.closest("[data-conversation]").dataset.conversation;
  const private_ = form.dataset.mode === "note";
  const same = unsure && unsure.conversation === conversation && unsure.private === private_ && unsure.text === text;
  const item = { conversation, text, private: private_, key: same ? unsure.key : key(), line: null, id: null };
  unsure = null;
  box.value = "";
  keep(form, "");
  grow(box);
  complain("");
  item.line = standIn(item);
  find("outgoing").append(item.line);
  outgoing.push(item);
  onGrown();
  if (!sending) sendAll(onSent);
}

/** Sends one after another, so that they arrive in the order in which they were written. */
async function sendAll(onSent) {
  sending = true;
  try {
    for (let item = next(); item; item = next()) {
      try {
        item.id = (await send(item)).id;
        item.line.dataset.state = "sent";
        item.line.querySelector(".delivery").textContent = "Sent";
      } catch (failed) {
        takeBack(item, failed);
      }
    }
  } finally {
    sending = false;
    onSent();
  }
}

function next() {
  return outgoing.find((item) => !item.id);
}

async function send(item) {
  const body = { text: item.text, private: item.private };
  const path = `conversations/${encodeURIComponent(item.conversation)}/messages`;
  for (let attempt = 1; ; attempt++) {
    try {
      return await post(path, body, { "Idempotency-Key": item.key });
    } catch (failed) {
      const passing = failed.status === 0 || failed.status >= 500;
      if (!passing || attempt === SEND_TRIES) throw failed;
      await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER * attempt));
    }
  }
}

/** It did not go out: the words, and those written after them, go back to where they can be sent again. */
function takeBack(item, failed) {
  if (!(failed instanceof Failed)) console.error(failed);
  const back = outgoing.filter((one) => !one.id && one.conversation === item.conversation && one.private === item.private);
  for (const one of back) {
    one.line.remove();
    outgoing.splice(outgoing.indexOf(one), 1);
  }
  const kind = item.private ? "note" : "reply";
  const name = draftName(item.conversation, kind);
  const text = [...back.map((one) => one.text), sessionStorage.getItem(name) || ""].filter(Boolean).join("\n");
  sessionStorage.setItem(name, text);
  if (failed.status === 0 || failed.status >= 500) unsure = item;
  const form = find("composer");
  if (form?.closest("[data-conversation]").dataset.conversation !== item.conversation) return;
  if (form.dataset.mode === kind) {
    find("reply-text").value = text;
    grow(find("reply-text"));
  }
  complain(`${failed.message || "Something went wrong."} Your message was not sent; it is still here.`);
}

/** A message as it will look, until the transcript has it. */
function standIn(item) {
  const line = element("li", `line ${item.private ? "note" : "agent"} goes-on`);
  Object.assign(line.dataset, {
    testid: "message",
    author: "agent",
    private: String(item.private),
    state: "sending",
  });
  const bubble = element("div", "bubble");
  const text = element("span", "text", item.text);
  text.dir = "auto";
  bubble.append(text);
  const under = element("p", "under");
  under.append(element("span", "delivery", "Sending…"));
  line.append(bubble, under);
  return line;
}

function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

function complain(sentence) {
  const place = find("send-error");
  if (place && place.textContent !== sentence) place.textContent = sentence;
}

function grow(box) {
  box.style.height = "auto";
  if (box.offsetParent) box.style.height = `${Math.min(box.scrollHeight + 2, 220)}px`;
}

function draftName(conversation, kind) {
  return `draft ${kind} ${conversation}`;
}

function draft(form, kind) {
  return sessionStorage.getItem(draftName(form.closest("[data-conversation]").dataset.conversation, kind)) || "";
}

function keep(form, text) {
  const kind = form.dataset.mode === "note" ? "note" : "reply";
  const name = draftName(form.closest("[data-conversation]").dataset.conversation, kind);
  if (text) sessionStorage.setItem(name, text);
  else sessionStorage.removeItem(name);
}

function key() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // pages without https have no randomUUID
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
