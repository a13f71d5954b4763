/*
 * The Shohay chat widget. On any page:
 *
 *   <script src="https://shop.example/widget.js" defer></script>
 *
 * Optional attributes of the tag: data-language ("en"), data-color (any CSS colour), data-title.
 * It talks to the server it was loaded from, sets no cookie, and lives in one <shohay-widget> element whose
 * shadow root holds everything. A page may call open() and close() on that element, and identify(voucher) once for
 * each page where its customer is signed in at the shop, identify(null) where nobody is (docs/identity.md).
 * All words come from the server (data/phrases/widget.yml); what the server says is only ever set as text.
 */
(() => {
  "use strict";
  const NAME = "shohay-widget";
  if (!window.customElements || customElements.get(NAME)) return;

  const script = document.currentScript || document.querySelector('script[src*="/widget.js"]');
  const options = script ? script.dataset : {};
  const API = `${new URL((script && script.src) || location.href, location.href).origin}/api/website`;

  const SECOND = 1000;
  const TEXT_LIMIT = 4000; // code points, as the server counts
  const COUNTER_FROM = 3600;
  const REQUEST_TIMEOUT = 15 * SECOND;
  const STREAM_DEAD_AFTER = 40 * SECOND; // the server sends a heartbeat every 15 s
  const RECONNECT_MIN = 1 * SECOND;
  const RECONNECT_MAX = 15 * SECOND;
  const SEND_RETRIES = 3;
  const POLL_WITHOUT_STREAM = 5 * SECOND;
  const TYPING_EXPIRES = 30 * SECOND;
  const HIDDEN_HANGS_UP = 30 * SECOND;
  const GROUP_WITHIN = 300 * SECOND;
  const SMALL_PAGE = 20; // a history page shorter than this is the last one
  const NEAR_BOTTOM = 80; // px
  const SUGGESTIONS = ["widget_suggestion_order", "widget_suggestion_return", "widget_suggestion_person"];
  const RIGHT_TO_LEFT = /^(ar|dv|fa|he|ps|sd|ug|ur|yi)\b/;
  const WHOLE_SCREEN = "(max-width: 480px), (max-height: 480px)";

  // ------------------------------------------------------------------------------------------ small helpers

  /** Local storage, or memory until the page is left where the browser forbids it. */
  const storage = (() => {
    try {
      localStorage.setItem("shohay:probe", "");
      localStorage.removeItem("shohay:probe");
      return {
        get: (key) => localStorage.getItem(`shohay:${key}`),
        set(key, value) {
          try {
            localStorage.setItem(`shohay:${key}`, value);
          } catch {
            // Full: what is not kept is asked for again on the next page.
          }
        },
        remove: (key) => localStorage.removeItem(`shohay:${key}`),
      };
    } catch {
      const memory = new Map();
      return {
        get: (key) => memory.get(key) ?? null,
        set: (key, value) => memory.set(key, value),
        remove: (key) => memory.delete(key),
      };
    }
  })();

  /** A random id; crypto.randomUUID is missing on pages without https. */
  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  /** Milliseconds to wait before the given attempt (from 0): doubling, capped, with jitter. */
  function backoff(attempt) {
    return Math.min(RECONNECT_MAX, RECONNECT_MIN * 2 ** attempt) * (0.75 + Math.random() / 4);
  }

  function sleep(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }

  /** An element with attributes (functions become listeners, false and null are left out) and children. */
  function h(tag, attributes, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (typeof value === "function") node.addEventListener(name, value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value != null) node.setAttribute(name, value);
    }
    node.append(...children);
    return node;
  }

  /** A 24 × 24 icon of the given paths. */
  function icon(...paths) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("focusable", "false");
    for (const d of paths) {
      const path = document.createElementNS(space, "path");
      path.setAttribute("d", d);
      svg.append(path);
    }
    return svg;
  }

  const ICON = {
    chat: [
      "M12 3.5c-5 0-9 3.4-9 7.7 0 2.4 1.3 4.6 3.3 6-.1 1-.6 2.2-1.5 3.1 1.8-.1 3.4-.8 4.6-1.7.8.2 1.7.3 2.6.3 5 0 9-3.4 9-7.7s-4-7.7-9-7.7z",
      "M8.2 11.3h.01M12 11.3h.01M15.8 11.3h.01",
    ],
    down: ["M6 9.5l6 6 6-6"],
    close: ["M6.5 6.5l11 11M17.5 6.5l-11 11"],
    send: ["M12 19V5.5M6 11.2l6-6 6 6"],
    // Two leaves that meet: the assistant's mark.
    bot: ["M12 19.5c0-5.5-2.5-9-7.5-9.5.3 5.3 2.6 8.6 7.5 9.5zM12 19.5c0-7 2.5-12.5 7.5-14 .8 7-1.5 12.5-7.5 14z"],
  };

  /** Text with its http(s) addresses as links, as nodes; nothing in it is ever read as HTML. */
  function linked(text) {
    const nodes = [];
    let at = 0;
    for (const match of text.matchAll(/\bhttps?:\/\/[^\s<>"']+/gi)) {
      const bare = (end) => end.replace(/[.,;:!?।…]+$/, "");
      let address = bare(match[0]);
      // "(see https://x.example/a)" ends before the bracket, "https://x.example/a_(b)" does not.
      while (address.endsWith(")") && !address.includes("(")) address = bare(address.slice(0, -1));
      let url;
      try {
        url = new URL(address);
      } catch {
        continue;
      }
      if (url.protocol !== "http:" && url.protocol !== "https:") continue;
      nodes.push(text.slice(at, match.index));
      nodes.push(h("a", { href: url.href, rel: "noopener noreferrer", target: "_blank" }, address));
      at = match.index + address.length;
    }
    nodes.push(text.slice(at));
    return nodes;
  }

  /** The brand colour's companions: [red, green, blue] in, CSS colours out that keep contrast at AA. */
  const colour = {
    parse(value) {
      const context = document.createElement("canvas").getContext("2d");
      if (!context) return null;
      context.fillStyle = "#010203";
      context.fillStyle = value;
      const match = /^#(..)(..)(..)$/.exec(context.fillStyle);
      return match && match[0] !== "#010203" ? match.slice(1).map((part) => parseInt(part, 16)) : null;
    },
    luminance(rgb) {
      const [red, green, blue] = rgb.map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    },
    contrast(one, other) {
      const [low, high] = [colour.luminance(one), colour.luminance(other)].sort((a, b) => a - b);
      return (high + 0.05) / (low + 0.05);
    },
    mix(one, other, share) {
      return one.map((part, index) => Math.round(part * (1 - share) + other[index] * share));
    },
    css: (rgb) => `rgb(${rgb.join(" ")})`,
    companions(brand) {
      const white = [255, 255, 255];
      const dark = [20, 28, 26];
      const tint = colour.mix(white, brand, 0.1);
      let ink = brand; // brand-coloured text on white and on the tint
      while (colour.contrast(ink, tint) < 4.6) ink = colour.mix(ink, [0, 0, 0], 0.08);
      const on = colour.contrast(brand, white) >= 4.5 ? white : dark;
      const deep = colour.mix(brand, on === white ? [0, 0, 0] : white, 0.16);
      return { brand, on, ink, tint, deep, line: colour.mix(white, brand, 0.28) };
    },
  };

  // ------------------------------------------------------------------------------------------ the server

  /** An answer that was not the one asked for; status 0 means that none came. */
  class Failure extends Error {
    constructor(status, message) {
      super(message || "");
      this.status = status;
    }

    /** Whether the same request may succeed a little later. */
    get passing() {
      return this.status === 0 || this.status >= 500;
    }
  }

  /** The website API as one customer: keeps the session, renews it when the server no longer knows it. */
  class Client {
    /**
     * language(): of a new session; forgotten(): the session is gone; created(token): a new one is there;
     * left(): it was left for good, and nothing of it may come any more.
     */
    constructor({ language, forgotten, created, left }) {
      this.hooks = { language, forgotten, created, left };
      this.token = storage.get("token");
      this.wanted = false; // the customer has opened the panel, so a lost session is worth renewing
      this.creating = null;
    }

    session() {
      if (this.token) return Promise.resolve(this.token);
      if (!this.creating) {
        this.creating = this.create().finally(() => {
          this.creating = null;
        });
      }
      return this.creating;
    }

    async create() {
      const response = await this.fetch("POST", "/sessions", { body: { language: this.hooks.language() } });
      if (!response.ok) throw await this.failure(response);
      const { token } = await response.json();
      this.token = token;
      storage.set("token", token);
      this.hooks.created(token);
      return token;
    }

    /** Tells whom the shop vouches for; a chat that is somebody else's is left for a new one. */
    async identify(voucher) {
      this.wanted = true; // an order can be asked about from the first message on
      try {
        storage.set("identified", "yes"); // before the answer, which may be lost when the server has it already
        await this.json("POST", "/identity", { voucher });
      } catch (error) {
        if (error.status !== 409) throw error;
        this.leave();
        storage.set("identified", "yes");
        await this.json("POST", "/identity", { voucher });
      }
    }

    /** The customer has signed out: what was theirs is not shown to whoever comes next. */
    leave() {
      storage.remove("identified");
      storage.remove("token");
      this.hooks.left();
      if (this.token) this.forget(this.token);
    }

    forget(token) {
      if (this.token !== token) return;
      const stored = storage.get("token"); // another tab may have renewed it already
      this.token = stored === token ? null : stored;
      if (!this.token) storage.remove("token");
      this.hooks.forgotten();
    }

    /** The labels need no session. */
    async labels() {
      const response = await this.fetch("GET", "/labels", {});
      if (!response.ok) throw await this.failure(response);
      return response.json();
    }

    /** An authorized request; resolves to the Response, or throws a Failure. */
    async request(method, path, extra = {}) {
      for (let renewed = false; ; renewed = true) {
        if (!this.token && !this.wanted) throw new Failure(401);
        const token = await this.session();
        const headers = { Authorization: `Bearer ${token}`, ...extra.headers };
        const response = await this.fetch(method, path, { ...extra, headers });
        if (response.ok) return response;
        if (response.status === 401) {
          this.forget(token);
          if (!renewed) continue;
        }
        throw await this.failure(response);
      }
    }

    async json(method, path, body) {
      const response = await this.request(method, path, { body });
      try {
        return await response.json();
      } catch {
        throw new Failure(0); // cut off in the middle
      }
    }

    /** fetch with a time limit unless a signal is given; every network error is a Failure of status 0. */
    async fetch(method, path, { body, headers, signal }) {
      const control = new AbortController();
      const timer = signal ? 0 : setTimeout(() => control.abort(), REQUEST_TIMEOUT);
      try {
        return await fetch(API + path, {
          method,
          headers: body ? { "Content-Type": "application/json", ...headers } : headers,
          body: body && JSON.stringify(body),
          credentials: "omit",
          cache: path === "/labels" ? "default" : "no-store",
          signal: signal || control.signal,
        });
      } catch {
        throw new Failure(0);
      } finally {
        clearTimeout(timer);
      }
    }

    async failure(response) {
      let message = "";
      try {
        message = (await response.json()).error.message;
      } catch {
        // Not our server's answer (a proxy's page, say): there is nothing to show.
      }
      return new Failure(response.status, typeof message === "string" ? message : "");
    }
  }

  /** Reads server-sent events out of text that arrives in arbitrary pieces. */
  class EventParser {
    constructor(emit) {
      this.emit = emit;
      this.rest = "";
      this.id = null;
      this.clear();
    }

    clear() {
      this.type = "message";
      this.data = [];
    }

    push(text) {
      // A lone "\r" at the end may be half of "\r\n"; it waits for the next piece.
      const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
      this.rest = lines.pop();
      for (const line of lines) this.line(line);
    }

    line(line) {
      if (!line) {
        if (this.data.length) this.emit(this.type, this.data.join("\n"), this.id);
        this.clear();
        return;
      }
      const colon = line.indexOf(":");
      if (colon === 0) return; // a comment: the heartbeat
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") this.type = value;
      else if (field === "data") this.data.push(value);
      else if (field === "id") this.id = value;
    }
  }

  /** The event stream, kept up: reconnects from where it was, gives up only with the session or when stopped. */
  class EventStream {
    /** opened(): connected; heard(type, data): an event; failed(times): not connected, so many times in a row. */
    constructor(client, { opened, heard, failed }) {
      this.client = client;
      this.hooks = { opened, heard, failed };
      this.control = null;
      this.token = null;
      this.lastId = null;
      this.alive = false;
    }

    /** Starts, or hurries the next attempt. */
    start() {
      if (this.control) {
        if (this.wake) this.wake();
        return;
      }
      this.control = new AbortController();
      this.run(this.control);
    }

    stop() {
      if (!this.control) return;
      this.control.abort();
      this.control = null;
      this.alive = false;
      if (this.wake) this.wake();
    }

    /** From the beginning, for another session. */
    restart() {
      this.stop();
      this.lastId = null;
      this.start();
    }

    async run(control) {
      const stopped = control.signal;
      let failures = 0;
      while (!stopped.aborted) {
        try {
          await this.connect(stopped, () => {
            failures = 0;
          });
        } catch (error) {
          if (error.status === 401 && !this.client.token && !this.client.wanted) this.stop();
        }
        if (stopped.aborted) return;
        this.alive = false;
        failures += 1;
        this.hooks.failed(failures);
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, backoff(failures - 1));
          this.wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        this.wake = null;
      }
    }

    /** One connection, until it ends or has been silent too long. */
    async connect(stopped, living) {
      const control = new AbortController();
      const abort = () => control.abort();
      stopped.addEventListener("abort", abort);
      let timer = setTimeout(abort, STREAM_DEAD_AFTER);
      try {
        this.token = null;
        const headers = { Accept: "text/event-stream" };
        if (this.lastId) headers["Last-Event-ID"] = this.lastId;
        const response = await this.client.request("GET", "/events", { headers, signal: control.signal });
        this.token = this.client.token;
        this.hooks.opened();
        const parser = new EventParser((type, data, id) => {
          if (id) this.lastId = id;
          this.hooks.heard(type, data);
        });
        const reader = response.body.getReader();
        const decoder = new TextDecoder();
        for (;;) {
          const { done, value } = await reader.read();
          if (done || stopped.aborted) return;
          clearTimeout(timer);
          timer = setTimeout(abort, STREAM_DEAD_AFTER);
          this.alive = true;
          living();
          parser.push(decoder.decode(value, { stream: true }));
        }
      } finally {
        clearTimeout(timer);
        stopped.removeEventListener("abort", abort);
      }
    }
  }

  // ------------------------------------------------------------------------------------------ the words

  /** Labels, numbers and times in the customer's language. */
  class Words {
    constructor({ languages, labels }) {
      this.languages = languages;
      this.labels = labels;
      this.bound = [];
      this.use(this.first());
    }

    /** The customer's own choice, else the tag's, else the page's, else the browser's, else the shop's first. */
    first() {
      const wishes = [storage.get("language"), options.language, document.documentElement.lang, ...navigator.languages];
      for (const wish of wishes) {
        const code = wish && this.known(wish);
        if (code) return code;
      }
      return this.languages[0].code;
    }

    known(wish) {
      const codes = this.languages.map((language) => language.code);
      const tag = wish.toLowerCase();
      return codes.find((code) => code.toLowerCase() === tag) || codes.find((code) => code === tag.split(/[-_]/)[0]);
    }

    use(code) {
      this.code = code;
      this.direction = RIGHT_TO_LEFT.test(code) ? "rtl" : "ltr";
      this.clock = new Intl.DateTimeFormat(code, { hour: "numeric", minute: "2-digit" });
      this.dayAndMonth = new Intl.DateTimeFormat(code, { weekday: "long", day: "numeric", month: "long" });
      this.relative = new Intl.RelativeTimeFormat(code, { numeric: "auto" });
      this.numbers = new Intl.NumberFormat(code);
      for (const fill of this.bound) fill();
    }

    /** The label of that key with its braces filled; numbers are written in the language's digits. */
    label(key, values = {}) {
      const own = this.labels[this.code] || {};
      const first = this.labels[this.languages[0].code] || {};
      return String(own[key] ?? first[key] ?? "")
        .trim()
        .replace(/\{(\w+)\}/g, (_, name) => {
          const value = values[name] ?? "";
          return typeof value === "number" ? this.numbers.format(value) : value;
        });
    }

    /** Keeps a node's text (or the named attribute) at that label through changes of language. */
    bind(node, key, attribute) {
      const fill = () => {
        if (attribute) node.setAttribute(attribute, this.label(key));
        else node.textContent = this.label(key);
      };
      this.bound.push(fill);
      fill();
      return node;
    }

    /** "Today", "Yesterday", else weekday and date. */
    day(date) {
      const midnight = (of) => new Date(of.getFullYear(), of.getMonth(), of.getDate());
      const ago = Math.round((midnight(new Date()) - midnight(date)) / (24 * 3600 * SECOND));
      const text = ago === 0 || ago === 1 ? this.relative.format(-ago, "day") : this.dayAndMonth.format(date);
      return text.charAt(0).toLocaleUpperCase(this.code) + text.slice(1);
    }
  }

  // ------------------------------------------------------------------------------------------ the messages

  /** One message on the screen: ours while it is under way, the server's once that has answered. */
  class Item {
    constructor(author, text) {
      this.author = author;
      this.text = text;
      this.id = null;
      this.seq = null;
      this.name = "";
      this.buttons = [];
      this.language = "";
      this.after = 0; // the seq it was written after
      this.at = new Date();
      this.state = "sent"; // or "sending", "failed"
      this.error = "";
      this.retryable = true;
      this.row = null;
    }

    /** What the customer just wrote or pressed; body is what the server gets. */
    static own(text, body) {
      const item = new Item("customer", text);
      item.state = "sending";
      item.body = { client_id: uuid(), ...body };
      return item;
    }

    /** Takes over what the server says of this message. */
    update(message) {
      this.id = message.id;
      this.seq = message.seq;
      this.author = message.author;
      this.name = message.author_name || "";
      this.text = message.text || "";
      this.buttons = message.buttons || [];
      this.language = message.language || "";
      const at = new Date(message.created_at);
      if (!Number.isNaN(at.getTime())) this.at = at;
      this.state = "sent";
    }
  }

  /**
   * The log: items in order of seq, each with its row, grouped by who speaks.
   * Those under way come last, failed ones stay where they were written.
   */
  class Log {
    /** pressed(item, button), retried(item) */
    constructor(words, { pressed, retried }) {
      this.words = words;
      this.hooks = { pressed, retried };
      this.items = [];
      this.quickRepliesOff = false;
      this.node = h("div", { role: "log", "aria-live": "polite", "aria-relevant": "additions", "data-testid": "messages" });
    }

    get lastSeq() {
      return this.items.reduce((last, item) => Math.max(last, item.seq || 0), 0);
    }

    find(id) {
      return this.items.find((item) => item.id === id);
    }

    /** Our own message under way that this message of the server must be. */
    underWay(message) {
      if (message.author !== "customer") return undefined;
      const waiting = this.items.filter((item) => item.seq === null);
      return (
        waiting.find((item) => message.client_id && item.body.client_id === message.client_id) ||
        waiting.find((item) => item.state === "sending" && item.text === message.text)
      );
    }

    /** Takes in a message of the server; true if it was new. */
    accept(message) {
      const known = this.find(message.id);
      const item = known || this.underWay(message) || this.add(new Item(message.author, ""));
      item.update(message);
      return !known;
    }

    add(item) {
      item.after = this.lastSeq;
      this.items.push(item);
      return item;
    }

    /** The server took our message; it may have come back by the stream as another item already. */
    confirm(item, { id, seq }) {
      const twin = this.find(id);
      if (twin && twin !== item) {
        this.drop(item);
        return;
      }
      item.id = id;
      item.seq = seq;
      item.state = "sent";
    }

    drop(item) {
      this.items = this.items.filter((other) => other !== item);
      if (item.row) item.row.remove();
    }

    /** Leaves only what the server has not yet taken. */
    reset() {
      for (const item of this.items.filter((each) => each.seq !== null)) this.drop(item);
    }

    /** The latest message whose quick replies still stand: nobody has answered since. How to wait may be chosen, and
     *  chosen again, as long as the customer is in the queue. */
    open() {
      if (this.quickRepliesOff) return null;
      for (let index = this.items.length - 1; index >= 0; index -= 1) {
        const item = this.items[index];
        const wrote = item.author === "customer" && item.state !== "failed";
        if ((wrote && !this.queued) || item.author === "agent") return null;
        if (item.buttons.length && (item.author === "system" || (item.author === "bot" && !this.queued))) return item;
      }
      return null;
    }

    /** Brings the screen in line with the items. */
    draw() {
      const rank = ({ seq, state, after }) => seq ?? (state === "failed" ? after + 0.5 : Infinity);
      // Stable: those under way keep the order they were written in. (Infinity - Infinity is NaN.)
      this.items.sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
      const open = this.open();
      let previous = null;
      this.items.forEach((item, index) => {
        const next = this.items[index + 1];
        const newDay = previous ? !sameDay(previous, item) : !sameDay(item, { at: new Date() });
        this.paint(item, {
          first: newDay || !together(previous, item),
          last: !next || !sameDay(item, next) || !together(item, next),
          newDay,
          open: item === open,
        });
        const there = this.node.children[index];
        if (there !== item.row) this.node.insertBefore(item.row, there || null);
        previous = item;
      });
    }

    paint(item, { first, last, newDay, open }) {
      if (!item.row) item.row = this.build(item);
      const { row } = item;
      const name = this.name(item);
      row.dataset.author = item.author;
      row.dataset.state = item.state;
      if (item.seq !== null) row.dataset.seq = item.seq;
      row.classList.toggle("first", first);
      row.classList.toggle("last", last);
      set(row.parts.day, newDay ? this.words.day(item.at) : "");
      row.parts.day.hidden = !newDay;
      set(row.parts.name, name);
      if (row.parts.avatar) avatar(row.parts.avatar, item.author, name);
      if (row.text !== item.text) {
        row.text = item.text;
        row.parts.bubble.replaceChildren(...linked(item.text));
      }
      if (item.language) row.parts.bubble.lang = item.language;
      this.paintButtons(item, open);
      set(row.parts.time, this.words.clock.format(item.at));
      row.parts.time.dateTime = item.at.toISOString();
      this.paintState(item);
    }

    build(item) {
      const parts = {
        day: h("div", { class: "day" }),
        name: h("span", { class: "name" }),
        bubble: h("div", { class: "bubble", dir: "auto", "data-testid": "bubble" }),
        buttons: h("div", { class: "buttons", "data-testid": "buttons", hidden: true }),
        time: h("time", {}),
        state: h("span", { class: "state" }),
      };
      const row = h("div", { class: "row", "data-testid": "message", "data-author": item.author }, parts.day);
      if (item.author === "bot" || item.author === "agent") {
        parts.avatar = h("span", { class: "avatar", "aria-hidden": "true" });
      }
      row.append(h("div", { class: "who" }, ...(parts.avatar ? [parts.avatar] : []), parts.name));
      row.append(parts.bubble, parts.buttons, h("div", { class: "meta" }, parts.time, parts.state));
      row.parts = parts;
      return row;
    }

    paintButtons(item, open) {
      const { parts } = item.row;
      const key = JSON.stringify(item.buttons);
      if (item.row.buttonsKey !== key) {
        item.row.buttonsKey = key;
        parts.buttons.hidden = !item.buttons.length;
        parts.buttons.replaceChildren(
          ...item.buttons.map((button) => {
            const press = () => this.hooks.pressed(item, button);
            const look = { type: "button", class: "quick", dir: "auto", "data-testid": "button" };
            return h("button", { ...look, click: press }, button.title);
          }),
        );
      }
      for (const button of parts.buttons.children) button.disabled = !open;
    }

    paintState(item) {
      const { state } = item.row.parts;
      if (item.state === "failed") {
        const say = [];
        if (item.error) say.push(item.error);
        if (item.retryable) {
          const retry = () => this.hooks.retried(item);
          const look = { type: "button", class: "retry", "data-testid": "retry" };
          say.push(h("button", { ...look, click: retry }, this.words.label("widget_not_sent")));
        } else if (!item.error) say.push(this.words.label("widget_refused"));
        state.replaceChildren(...say.map((part) => h("span", {}, part)));
      } else set(state, item.state === "sending" ? this.words.label("widget_sending") : "");
    }

    name(item) {
      if (item.author === "system") return "";
      if (item.author === "customer") return this.words.label("widget_you");
      return item.name || this.words.label(`widget_${item.author}`);
    }
  }

  function set(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function sameDay(one, other) {
    return one.at.toDateString() === other.at.toDateString();
  }

  function together(one, other) {
    return Boolean(
      one && one.author === other.author && one.name === other.name && Math.abs(other.at - one.at) < GROUP_WITHIN,
    );
  }

  /** Draws the assistant's mark, or the first letter of a person's name. */
  function avatar(node, author, name) {
    const key = author === "bot" ? "bot" : `agent ${name}`;
    if (node.dataset.of === key) return;
    node.dataset.of = key;
    if (author === "bot") node.replaceChildren(icon(...ICON.bot));
    else {
      // A Bengali letter with its vowel sign is several code points and one grapheme.
      const letters = Intl.Segmenter ? [...new Intl.Segmenter().segment(name)].map((part) => part.segment) : [...name];
      node.textContent = (letters[0] || "").toUpperCase();
    }
  }

  // ------------------------------------------------------------------------------------------ the element

  class ShohayWidget extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      this.attachShadow({ mode: "open" });
      this.hidden = true; // until there are words: a button nobody answers is worse than none
      dress(this.shadowRoot);
      this.paintBrand();
      this.begun = this.begin();
    }

    paintBrand() {
      const brand = (options.color && colour.parse(options.color)) || [15, 118, 110];
      for (const [name, rgb] of Object.entries(colour.companions(brand))) {
        this.style.setProperty(`--${name}`, colour.css(rgb));
      }
    }

    async begin() {
      this.client = new Client({
        language: () => this.words.code,
        forgotten: () => this.forgotten(),
        created: (token) => this.created(token),
        left: () => this.stream.stop(),
      });
      this.era = 0; // which chat it is: what comes of an earlier one is thrown away
      for (let attempt = 0; !this.words; attempt += 1) {
        try {
          this.words = new Words(await this.client.labels());
        } catch {
          await sleep(backoff(attempt));
        }
      }
      this.state = { status: "bot", queue_position: null, expected_wait_minutes: null, agent_name: "", ready: true };
      this.online = true;
      this.opened = false;
      this.synced = 0; // every message up to this seq is here
      this.caughtUp = false;
      this.sending = Promise.resolve();
      this.typing = null;
      this.log = new Log(this.words, {
        pressed: (item, button) => this.press(item, button),
        retried: (item) => this.retry(item),
      });
      this.stream = new EventStream(this.client, {
        opened: () => this.streamOpened(),
        heard: (type, data) => this.heard(type, data),
        failed: (times) => this.streamFailed(times),
      });
      this.build();
      this.watch();
      this.relabel();
      this.hidden = false;
      if (this.client.token) this.follow();
      if (this.wished) this.open(); // the page asked before there were words
    }

    // ---- structure

    build() {
      const { words } = this;
      const button = (attributes, key, ...children) =>
        words.bind(h("button", { type: "button", ...attributes }, ...children), key, "aria-label");

      this.badge = h("span", { class: "badge", "aria-hidden": "true", hidden: true, "data-testid": "unread" });
      this.launcher = h(
        "button",
        { type: "button", class: "launcher", "aria-haspopup": "dialog", "data-testid": "launcher" },
        h("span", { class: "face chat" }, icon(...ICON.chat)),
        h("span", { class: "face down" }, icon(...ICON.down)),
        this.badge,
      );
      this.launcher.setAttribute("aria-expanded", "false");
      this.launcher.addEventListener("click", () => (this.opened ? this.close() : this.open()));

      this.heading = h("h2", { id: "title", class: "title" });
      this.speaker = h("p", { class: "speaker", "data-testid": "speaker" });
      this.face = h("span", { class: "avatar large", "aria-hidden": "true" });
      this.select = words.bind(h("select", { "data-testid": "language" }), "widget_language", "aria-label");
      for (const { code, name } of words.languages) this.select.append(h("option", { value: code, lang: code }, name));
      this.select.value = words.code;
      this.select.addEventListener("change", () => this.chooseLanguage(this.select.value));
      const header = h(
        "div",
        { class: "head" },
        this.face,
        h("div", { class: "titles" }, this.heading, this.speaker),
        h("span", { class: "language" }, this.select, icon(...ICON.down)),
        button({ class: "plain", "data-testid": "close", click: () => this.close() }, "widget_close", icon(...ICON.close)),
      );

      this.statusLine = h("div", { class: "status", role: "status", "data-testid": "status", hidden: true });

      this.welcome = h(
        "div",
        { class: "welcome", "data-testid": "welcome" },
        h("span", { class: "avatar mark", "aria-hidden": "true" }, icon(...ICON.bot)),
        words.bind(h("h3", {}), "widget_welcome_title"),
        words.bind(h("p", {}), "widget_welcome"),
      );
      this.suggestions = h("div", { class: "suggestions" });
      for (const key of SUGGESTIONS) {
        const say = h("button", { type: "button", class: "quick", "data-testid": "suggestion" });
        say.addEventListener("click", () => {
          this.say(words.label(key), { text: words.label(key) });
          this.refocus();
        });
        this.suggestions.append(words.bind(say, key));
      }
      this.dots = h(
        "div",
        { class: "row typing first", "data-testid": "typing", hidden: true },
        h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
        h("span", { class: "sr" }),
      );
      // The live region is the log alone: dots and greeting would be read out over and over.
      words.bind(this.log.node, "widget_log", "aria-label");
      this.scroller = h("div", { class: "scroller", tabindex: "0", role: "region" });
      this.scroller.append(this.welcome, this.suggestions, this.log.node, this.dots);
      words.bind(this.scroller, "widget_log", "aria-label");
      this.scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
      this.newer = h("button", { type: "button", class: "newer", hidden: true, click: () => this.toBottom() });
      const newerText = words.bind(h("span", {}), "widget_new_messages");
      this.newer.append(newerText, icon(...ICON.down));

      this.input = h("textarea", { rows: "1", dir: "auto", enterkeyhint: "send", "data-testid": "input" });
      this.input.setAttribute("aria-describedby", "counter");
      words.bind(this.input, "widget_input", "aria-label");
      words.bind(this.input, "widget_placeholder", "placeholder");
      this.input.addEventListener("input", () => this.measure());
      this.input.addEventListener("keydown", (event) => this.typedKey(event));
      const submit = { class: "send", disabled: true, "data-testid": "send", click: () => this.submit() };
      this.send = button(submit, "widget_send", icon(...ICON.send));
      this.counter = h("p", { id: "counter", class: "counter", "data-testid": "counter", hidden: true });
      this.counter.setAttribute("aria-live", "polite");
      const composer = h("div", { class: "composer" }, h("div", { class: "field" }, this.input, this.send), this.counter);

      this.panel = h(
        "section",
        { class: "panel", role: "dialog", tabindex: "-1", hidden: true, "data-testid": "panel" },
        header,
        this.statusLine,
        h("div", { class: "body" }, this.scroller, this.newer),
        composer,
      );
      this.panel.setAttribute("aria-labelledby", "title");
      this.panel.addEventListener("keydown", (event) => this.panelKey(event));
      this.shadowRoot.append(this.panel, this.launcher);
    }

    /** What happens around the widget: connection, visibility, other tabs, the phone's keyboard. */
    watch() {
      window.addEventListener("online", () => this.client.token && this.follow());
      window.addEventListener("offline", () => this.setOnline(false));
      window.addEventListener("pagehide", () => this.stream.stop());
      window.addEventListener("pageshow", (event) => event.persisted && this.client.token && this.follow());
      // Browsers allow six connections to a server over HTTP/1.1; a tab nobody sees gives its one back.
      let hanging = 0;
      document.addEventListener("visibilitychange", () => {
        clearTimeout(hanging);
        if (document.visibilityState === "hidden") hanging = setTimeout(() => this.stream.stop(), HIDDEN_HANGS_UP);
        else {
          if (this.client.token) this.follow();
          this.markSeen();
        }
      });
      window.addEventListener("storage", (event) => {
        if (event.key === "shohay:seen") this.drawUnread();
        const token = storage.get("token");
        if (event.key === "shohay:token" && !token && this.client.token) this.client.leave(); // signed out elsewhere
        if (event.key === "shohay:token" && token && token !== this.client.token) {
          this.client.token = token;
          this.forgotten();
          this.stream.restart();
        }
      });
      // Where a proxy holds the stream back, the messages come by asking.
      setInterval(() => {
        const looking = this.opened && document.visibilityState === "visible";
        if (looking && this.client.token && !this.stream.alive) this.sync();
      }, POLL_WITHOUT_STREAM);
      const viewport = window.visualViewport;
      if (viewport) {
        const fit = () => {
          if (viewport.scale > 1.01) return; // zoomed by two fingers: the panel stays and is looked at closely
          this.style.setProperty("--height", `${viewport.height}px`);
          this.style.setProperty("--top", `${viewport.offsetTop}px`);
          if (this.opened && this.atBottom) this.toBottom();
        };
        viewport.addEventListener("resize", fit);
        viewport.addEventListener("scroll", fit);
        fit();
      }
    }

    // ---- opening and closing

    open() {
      this.wished = true;
      if (!this.panel || this.opened) return;
      this.opened = true;
      this.client.wanted = true;
      this.panel.hidden = false;
      this.classList.add("open");
      this.launcher.setAttribute("aria-expanded", "true");
      if (matchMedia(WHOLE_SCREEN).matches) this.panel.setAttribute("aria-modal", "true");
      else this.panel.removeAttribute("aria-modal");
      this.measure();
      this.toBottom();
      this.markSeen();
      this.follow();
      this.refocus();
      if (this.voucher) this.identify(this.voucher);
    }

    close() {
      if (!this.panel || !this.opened) return;
      this.opened = false;
      this.panel.hidden = true;
      this.classList.remove("open");
      this.launcher.setAttribute("aria-expanded", "false");
      this.drawUnread();
      this.launcher.focus();
    }

    /**
     * The shop's customer is signed in: a voucher, or a function that fetches one from the shop's server, which is
     * only called once there is a chat; null, from it or instead of it: nobody is signed in. Resolves to whether the chat knows it; a voucher
     * that is not taken changes nothing.
     */
    async identify(voucher) {
      await this.begun;
      this.voucher = null;
      if (typeof voucher === "function" && !this.client.token && !this.opened) {
        this.voucher = voucher;
        return false;
      }
      try {
        const word = typeof voucher === "function" ? await voucher() : voucher;
        if (!word) {
          if (storage.get("identified")) this.client.leave();
          return true;
        }
        await this.client.identify(word);
      } catch {
        return false;
      }
      this.follow();
      return true;
    }

    /** Where the customer goes on: the input, but on a touch screen without calling up its keyboard. */
    refocus() {
      (matchMedia("(pointer: coarse)").matches ? this.panel : this.input).focus({ preventScroll: true });
    }

    panelKey(event) {
      if (event.key === "Escape" && !event.isComposing) {
        event.stopPropagation();
        this.close();
      }
      if (event.key !== "Tab" || !this.panel.hasAttribute("aria-modal")) return;
      const stops = [...this.panel.querySelectorAll("button, select, textarea, a[href], [tabindex='0']")].filter(
        (node) => !node.disabled && node.getClientRects().length,
      );
      const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
      const at = this.shadowRoot.activeElement;
      if (at === edge || (event.shiftKey && at === this.panel)) {
        event.preventDefault();
        (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
      }
    }

    // ---- the session and what comes from it

    /** Keeps up with the conversation: history now, news as they come. */
    follow() {
      if (this.client.token) this.sync();
      this.stream.start();
    }

    created(token) {
      if (!this.stream.control || (this.stream.token && this.stream.token !== token)) this.stream.restart();
    }

    /** Another conversation begins: nothing of the old one can be asked for any more. */
    forgotten() {
      storage.remove("seen");
      this.era += 1;
      this.syncing = null;
      this.synced = 0;
      this.caughtUp = false;
      this.stream.lastId = null;
      this.state = { status: "bot", queue_position: null, expected_wait_minutes: null, agent_name: "", ready: true };
      this.log.reset();
      this.draw();
    }

    streamOpened() {
      this.setOnline(true);
      this.caughtUp = false;
      this.sync();
    }

    streamFailed(times) {
      if (times > 1 || navigator.onLine === false) this.setOnline(false);
    }

    /** Fetches what is missing. Failures are left to the next round: the stream's retry or the poll. */
    sync() {
      if (!this.syncing) {
        const mine = this.fetchMissing()
          .catch(() => {})
          .finally(() => {
            if (this.syncing === mine) this.syncing = null;
          });
        this.syncing = mine;
      } else this.again = true;
      return this.syncing;
    }

    async fetchMissing() {
      const { era } = this;
      let page;
      // What was said before today is not news to be read out.
      this.log.node.setAttribute("aria-busy", String(!this.synced));
      do {
        this.again = false;
        page = await this.client.json("GET", `/messages?after=${this.synced}`);
        if (era !== this.era) return;
        this.take(page.messages);
        for (const message of page.messages) this.synced = Math.max(this.synced, message.seq);
        this.setState(page);
      } while (page.messages.length >= SMALL_PAGE || this.again);
      // The stream was open all along, so what it brought meanwhile leaves no gap.
      this.synced = Math.max(this.synced, this.log.lastSeq);
      this.caughtUp = true;
      this.log.node.setAttribute("aria-busy", "false");
      this.setOnline(true);
    }

    heard(type, data) {
      let value;
      try {
        value = JSON.parse(data);
      } catch {
        return;
      }
      if (type === "message") {
        this.take([value]);
        if (this.caughtUp) this.synced = Math.max(this.synced, value.seq);
      } else if (type === "status") this.setState(value);
      else if (type === "typing") this.setTyping(value.active ? value.author : null);
    }

    take(messages) {
      if (!messages.length) return;
      let fresh = false;
      for (const message of messages) {
        if (!this.log.accept(message)) continue;
        fresh = true;
        if (message.author === "agent" && message.author_name) this.state.agent_name = message.author_name;
        if (message.author !== "customer") this.setTyping(null);
      }
      this.draw(fresh);
      this.markSeen();
    }

    setState(news) {
      for (const key of Object.keys(this.state)) if (news[key] !== undefined) this.state[key] = news[key];
      if (this.state.status !== "bot" && this.typing === "bot") this.setTyping(null);
      this.log.quickRepliesOff = this.state.status === "assigned";
      this.log.queued = this.state.status === "queued";
      this.draw();
    }

    setOnline(online) {
      if (this.online === online) return;
      this.online = online;
      this.drawStatus();
    }

    setTyping(author) {
      clearTimeout(this.typingTimer);
      this.typing = author === "bot" || author === "agent" ? author : null;
      if (this.typing) this.typingTimer = setTimeout(() => this.setTyping(null), TYPING_EXPIRES);
      this.drawTyping();
    }

    // ---- what the customer does

    typedKey(event) {
      // While an input method composes (Bengali, say), Enter belongs to it.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.submit();
    }

    submit() {
      const text = this.input.value.trim();
      if (!text || [...text].length > TEXT_LIMIT) return;
      this.input.value = "";
      this.measure();
      this.say(text, { text });
      this.input.focus();
    }

    press(item, button) {
      if (this.log.open() !== item) return;
      this.say(button.title, { payload: button.payload });
      this.refocus();
    }

    retry(item) {
      item.state = "sending";
      item.error = "";
      item.at = new Date();
      this.draw();
      this.deliver(item);
      this.refocus();
    }

    say(text, body) {
      const item = this.log.add(Item.own(text, body));
      this.draw();
      this.toBottom();
      this.deliver(item);
    }

    /** One after the other, so that they arrive in the order they were written. */
    deliver(item) {
      this.sending = this.sending.then(() => this.post(item));
      return this.sending;
    }

    async post(item) {
      for (let attempt = 0; ; attempt += 1) {
        try {
          const taken = await this.client.json("POST", "/messages", item.body);
          const answered = this.log.items.some((other) => other.author !== "customer" && other.seq > taken.seq);
          this.log.confirm(item, taken);
          if (!answered && this.state.status === "bot" && this.state.ready) this.setTyping("bot");
          break;
        } catch (error) {
          if (error.passing && attempt < SEND_RETRIES && item.seq === null) {
            await sleep(backoff(attempt));
            continue;
          }
          if (item.seq !== null) break; // the stream says that it arrived after all
          item.state = "failed";
          item.error = error.message || "";
          item.retryable = Boolean(error.passing || error.status === 429 || error.status === 401);
          break;
        }
      }
      this.draw();
      this.stream.start();
    }

    async chooseLanguage(code) {
      storage.set("language", code);
      this.words.use(code);
      this.relabel();
      if (!this.client.token) return; // a new session will be told
      for (let attempt = 0; attempt <= SEND_RETRIES && this.words.code === code; attempt += 1) {
        try {
          await this.client.json("POST", "/language", { language: code });
          return;
        } catch (error) {
          if (!error.passing) return;
          await sleep(backoff(attempt));
        }
      }
    }

    // ---- drawing

    relabel() {
      this.panel.lang = this.launcher.lang = this.words.code;
      this.panel.dir = this.words.direction;
      this.select.value = this.words.code;
      this.heading.textContent = options.title || this.words.label("widget_title");
      this.measure();
      this.draw();
    }

    /** fresh: something new came, which may want to be scrolled to or pointed at. */
    draw(fresh = false) {
      const bottom = this.atBottom;
      this.log.draw();
      this.suggestions.hidden = this.log.items.length > 0;
      this.drawStatus();
      this.drawTyping();
      this.drawUnread();
      if (bottom) this.toBottom();
      else if (fresh && this.opened) this.newer.hidden = false;
    }

    drawStatus() {
      const { status, queue_position: position, expected_wait_minutes: minutes, agent_name: agent, ready } = this.state;
      const name = agent || this.words.label("widget_agent");
      let text = "";
      if (!this.online) text = this.words.label("widget_offline");
      else if (status === "queued" && position && minutes)
        text = this.words.label("widget_queue_wait", { position, minutes });
      else if (status === "queued" && position) text = this.words.label("widget_queue_position", { position });
      else if (status === "queued") text = this.words.label("widget_queued");
      else if (status === "assigned") text = this.words.label("widget_assigned", { name });
      else if (!ready) text = this.words.label("widget_starting");
      else if (status === "resolved") text = this.words.label("widget_resolved");
      set(this.statusLine, text);
      this.statusLine.hidden = !text;
      this.statusLine.dataset.status = this.online ? status : "offline";
      this.panel.dataset.status = status;
      const person = status === "assigned";
      set(this.speaker, this.words.label(person ? "widget_speaker_agent" : "widget_speaker_bot"));
      avatar(this.face, person ? "agent" : "bot", name);
    }

    drawTyping() {
      const bottom = this.atBottom;
      const key = this.typing === "agent" ? "widget_agent" : "widget_bot";
      const named = [...this.log.items].reverse().find((item) => item.author === this.typing);
      const name = (named && named.name) || this.words.label(key);
      this.dots.hidden = !this.typing;
      this.dots.dataset.author = this.typing || "";
      set(this.dots.lastChild, this.typing ? this.words.label("widget_typing", { name }) : "");
      if (bottom && this.typing) this.toBottom();
    }

    get seen() {
      return Number(storage.get("seen")) || 0;
    }

    markSeen() {
      const last = this.log.lastSeq;
      if (this.opened && document.visibilityState === "visible" && last > this.seen) storage.set("seen", String(last));
      this.drawUnread();
    }

    drawUnread() {
      const { seen } = this;
      const spoken = (item) => item.author === "bot" || item.author === "agent";
      const count = this.opened ? 0 : this.log.items.filter((item) => spoken(item) && item.seq > seen).length;
      const many = this.words.numbers.format(Math.min(count, 9)) + (count > 9 ? "+" : "");
      this.badge.hidden = !count;
      set(this.badge, count ? many : "");
      const key = this.opened ? "widget_close" : count ? "widget_open_unread" : "widget_open";
      const label = this.words.label(key, { count });
      if (this.launcher.getAttribute("aria-label") !== label) this.launcher.setAttribute("aria-label", label);
    }

    /** Grows the input with its text, and counts near the limit. */
    measure() {
      const { input } = this;
      const length = [...input.value.trim()].length;
      const bottom = this.atBottom;
      input.style.height = "auto";
      if (this.opened) input.style.height = `${input.scrollHeight}px`;
      const over = length - TEXT_LIMIT;
      this.send.disabled = !length || over > 0;
      input.setAttribute("aria-invalid", String(over > 0));
      this.counter.hidden = length < COUNTER_FROM;
      this.counter.classList.toggle("over", over > 0);
      const key = over > 0 ? "widget_characters_over" : "widget_characters_left";
      const text = this.words.label(key, { over, left: -over });
      set(this.counter, this.counter.hidden ? "" : text);
      if (bottom) this.toBottom();
    }

    get atBottom() {
      const { scrollHeight, scrollTop, clientHeight } = this.scroller;
      return scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM;
    }

    scrolled() {
      if (this.atBottom) this.newer.hidden = true;
    }

    toBottom() {
      this.scroller.scrollTop = this.scroller.scrollHeight;
      this.newer.hidden = true;
    }
  }

  // ------------------------------------------------------------------------------------------ the looks

  const CSS = `
:host {
  all: initial; position: relative; z-index: 2147483000; color-scheme: light;
  --text: #1b2422; --soft: #5a6562; --paper: #fff; --sand: #f4f3ef; --edge: #e4e4de; --bad: #b3261e;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Noto Sans", "Noto Sans Bengali",
    "Hind Siliguri", "Kohinoor Bangla", "Bangla Sangam MN", "Nirmala UI", sans-serif;
}
:host([hidden]), [hidden] { display: none !important; }
*, *::before, *::after { box-sizing: border-box; }
button, select, textarea, h2, h3, p { font: inherit; letter-spacing: inherit; color: inherit; margin: 0; padding: 0; }
button { border: 0; background: none; cursor: pointer; touch-action: manipulation; -webkit-tap-highlight-color: transparent; }
button:disabled { cursor: default; }
svg { display: block; width: 1.4em; height: 1.4em; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.launcher, .panel { position: fixed; font: 400 15px/1.5 var(--sans); color: var(--text); -webkit-text-size-adjust: 100%; }
.launcher:lang(bn), .panel:lang(bn) { line-height: 1.6; }
.launcher {
  right: calc(20px + env(safe-area-inset-right)); bottom: calc(20px + env(safe-area-inset-bottom));
  width: 60px; height: 60px; border-radius: 50%; color: var(--on); background: linear-gradient(160deg, var(--brand), var(--deep));
  box-shadow: 0 1px 3px rgb(16 32 28 / .22), 0 10px 28px rgb(16 32 28 / .24); transition: transform .18s, box-shadow .18s;
}
.launcher:hover { transform: translateY(-2px); box-shadow: 0 2px 4px rgb(16 32 28 / .22), 0 14px 34px rgb(16 32 28 / .28); }
.launcher:active { transform: scale(.96); }
.launcher:focus-visible { outline: 3px solid var(--paper); outline-offset: -5px; box-shadow: 0 0 0 3px var(--ink); }
.face { position: absolute; inset: 0; display: grid; place-items: center; transition: opacity .18s, transform .18s; }
.face svg { width: 29px; height: 29px; stroke-width: 1.9; }
.face.chat path + path { stroke-width: 2.6; }
.face.down, :host(.open) .face.chat { opacity: 0; transform: rotate(-40deg) scale(.7); }
:host(.open) .face.down { opacity: 1; transform: none; }
.badge {
  position: absolute; top: -3px; right: -3px; min-width: 24px; height: 24px; padding: 0 6px; border-radius: 12px; border: 2px solid var(--paper);
  background: #c62828; color: #fff; font-size: 12.5px; font-weight: 700; line-height: 20px; text-align: center;
}

.panel {
  right: calc(20px + env(safe-area-inset-right)); bottom: calc(94px + env(safe-area-inset-bottom));
  width: 392px; height: min(660px, calc(100vh - 114px)); height: min(660px, calc(100dvh - 114px));
  display: flex; flex-direction: column; overflow: hidden; border-radius: 20px; background: var(--paper); outline: none !important;
  box-shadow: 0 0 0 1px rgb(16 32 28 / .06), 0 6px 16px rgb(16 32 28 / .08), 0 24px 64px rgb(16 32 28 / .2);
  transform-origin: 100% 100%; animation: rise .22s cubic-bezier(.2, .8, .3, 1);
}
@keyframes rise { from { opacity: 0; transform: translateY(14px) scale(.97); } }
.head {
  flex: none; display: flex; align-items: center; gap: 12px; padding: 15px 14px 15px 16px;
  color: var(--on); background: linear-gradient(150deg, var(--brand), var(--deep));
}
.head :focus-visible { outline-color: currentColor; }
.titles { flex: 1; min-width: 0; }
.title { font-size: 16.5px; font-weight: 650; line-height: 1.35; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.speaker { font-size: 12.5px; line-height: 1.4; }
.avatar {
  flex: none; display: grid; place-items: center; width: 24px; height: 24px; border-radius: 50%;
  background: var(--tint); color: var(--ink); font-size: 12px; font-weight: 700; line-height: 1;
}
.avatar svg { width: 62%; height: 62%; stroke-width: 1.9; }
.avatar.large { width: 42px; height: 42px; background: var(--paper); font-size: 18px; }
.language { position: relative; flex: none; display: inline-flex; align-items: center; }
.language svg { position: absolute; inset-inline-end: 8px; width: 14px; height: 14px; pointer-events: none; }
select {
  appearance: none; max-width: 108px; height: 34px; padding-block: 0; padding-inline: 12px 27px; border: 1px solid; border-radius: 17px;
  border-color: color-mix(in srgb, currentColor 45%, transparent); background: transparent; font-size: 13px; font-weight: 550; line-height: 1.4; cursor: pointer;
}
select:hover { border-color: currentColor; }
option { color: #1b2422; background: #fff; }
.plain { flex: none; display: grid; place-items: center; width: 36px; height: 36px; border-radius: 50%; }
.plain:hover { background: color-mix(in srgb, currentColor 16%, transparent); }

.status {
  flex: none; display: flex; align-items: baseline; gap: 9px; padding: 9px 18px; background: var(--tint); color: var(--ink);
  border-bottom: 1px solid var(--line); font-size: 13.5px; font-weight: 550; overflow-wrap: anywhere;
}
.status::before { content: ""; flex: none; width: 8px; height: 8px; border-radius: 50%; background: currentColor; }
.status[data-status=queued]::before { animation: breathe 1.8s ease-in-out infinite; }
.status[data-status=offline] { background: #fdf3e1; color: #7a4a00; border-color: #f0ddb6; }
.status[data-status=resolved] { background: var(--sand); color: var(--soft); border-color: var(--edge); }
@keyframes breathe { 50% { opacity: .3; } }

.body { position: relative; flex: 1; min-height: 0; display: flex; }
.scroller { flex: 1; min-width: 0; overflow: hidden auto; overscroll-behavior: contain; padding: 18px 16px 10px; scrollbar-width: thin; scrollbar-color: #c9cdc9 transparent; }
.scroller:focus-visible { outline-offset: -3px; border-radius: 6px; }
.welcome { padding: 6px 4px 18px; }
.welcome .mark { width: 44px; height: 44px; margin-bottom: 12px; border-radius: 14px; }
h3 { font-size: 19px; font-weight: 680; line-height: 1.35; margin-bottom: 6px; }
.welcome p { color: var(--soft); }
.suggestions { display: flex; flex-direction: column; align-items: flex-start; gap: 8px; padding: 0 4px 12px; }

.row { display: flex; flex-direction: column; align-items: flex-start; padding-top: 3px; }
.row.first { padding-top: 14px; }
.row[data-author=customer] { align-items: flex-end; }
.row[data-author=system] { align-items: center; padding-block: 12px 4px; }
.day { align-self: center; padding: 4px 0 12px; color: var(--soft); font-size: 12.5px; font-weight: 600; }
.who { display: flex; align-items: center; gap: 7px; margin-bottom: 5px; font-size: 13px; font-weight: 600; color: var(--soft); }
.row:not(.first) .who, .row[data-author=customer] .who, .row[data-author=system] .who {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
.row[data-author=agent] .avatar { background: var(--ink); color: #fff; }
.bubble {
  max-width: 86%; padding: 9px 14px; border: 1px solid transparent; border-radius: 18px 18px var(--br, 18px) var(--bl, 18px); background: var(--sand);
  white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; text-align: start;
}
.bubble:lang(bn) { line-height: 1.65; }
.bubble a { color: var(--ink); text-decoration: underline; text-underline-offset: 2px; }
/* Physical corners: the bubble's own direction is its text's, its place is the panel's. */
.row.last, [dir=rtl] .row[data-author=customer].last { --bl: 6px; --br: 18px; }
.row[data-author=customer].last, [dir=rtl] .row.last { --bl: 18px; --br: 6px; }
.row[data-author=agent] .bubble { background: var(--tint); border-color: var(--line); }
.row[data-author=customer] .bubble { background: var(--brand); color: var(--on); }
.row[data-author=customer] .bubble a { color: inherit; }
.row[data-author=system] .bubble { max-width: 94%; padding: 0 8px; background: none; color: var(--soft); font-size: 13.5px; text-align: center; }
.row[data-state=sending] .bubble { opacity: .78; }
.row[data-state=failed] .bubble { background: #fff; color: var(--text); border-color: var(--bad); }
.row[data-state=failed] .bubble a { color: var(--ink); }
.meta { display: flex; flex-wrap: wrap; gap: 2px 8px; max-width: 86%; padding: 4px 4px 0; color: var(--soft); font-size: 12px; line-height: 1.5; }
.row[data-author=customer] .meta { justify-content: flex-end; text-align: end; }
.row:not(.last) time, .row[data-author=system] .meta, .row[data-state=sending] time, .row[data-state=failed] time { display: none; }
.row[data-state=sent]:not(.last) .meta { display: none; }
.state:empty { display: none; }
.row[data-state=failed] .state { display: flex; flex-direction: column; align-items: flex-end; color: var(--bad); font-size: 13px; }
.retry { padding: 4px 0; font-weight: 600; text-decoration: underline; text-underline-offset: 3px; text-align: end; }
.retry:focus-visible { outline-color: var(--bad); }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; padding-top: 9px; }
.quick {
  max-width: 100%; min-height: 38px; padding: 7px 15px; border: 1px solid var(--ink); border-radius: 19px; background: var(--paper); color: var(--ink);
  font-size: 14px; font-weight: 570; line-height: 1.5; text-align: start; overflow-wrap: anywhere; transition: background .15s;
}
.quick:hover:enabled { background: var(--tint); }
.quick:active:enabled { background: var(--line); }
.quick:disabled { border-color: var(--edge); color: #6f7875; background: none; font-weight: 450; }

.dots { display: inline-flex; align-items: center; gap: 5px; height: 40px; padding: 0 16px; border-radius: 18px; border-end-start-radius: 6px; background: var(--sand); }
.dots i { width: 7px; height: 7px; border-radius: 50%; background: #7d8985; animation: bounce 1.3s infinite ease-in-out; }
.dots i:nth-child(2) { animation-delay: .16s; }
.dots i:nth-child(3) { animation-delay: .32s; }
.typing[data-author=agent] .dots { background: var(--tint); }
@keyframes bounce { 0%, 60%, 100% { transform: none; opacity: .55; } 30% { transform: translateY(-4px); opacity: 1; } }
.newer {
  position: absolute; bottom: 10px; left: 50%; transform: translateX(-50%); display: flex; align-items: center; gap: 6px; height: 34px; padding: 0 14px;
  border-radius: 17px; background: var(--text); color: #fff; font-size: 13px; font-weight: 600; box-shadow: 0 4px 14px rgb(16 32 28 / .25);
}
.newer svg { width: 15px; height: 15px; }

.composer { flex: none; padding: 8px 14px calc(14px + env(safe-area-inset-bottom)); background: var(--paper); }
.field {
  display: flex; align-items: flex-end; gap: 6px; padding: 5px; border: 1px solid #8b9592; border-radius: 24px; background: var(--paper);
  transition: border-color .15s, box-shadow .15s;
}
.field:focus-within { border-color: var(--ink); box-shadow: 0 0 0 3px var(--line); }
textarea {
  flex: 1; min-width: 0; max-height: 134px; padding: 7px 4px 7px 12px; border: 0; background: none; resize: none; outline: none !important;
  font-size: 16px; line-height: 24px; scrollbar-width: thin; overflow-wrap: anywhere;
}
[dir=rtl] textarea { padding: 7px 12px 7px 4px; }
textarea::placeholder { color: #6a7471; opacity: 1; }
.send { flex: none; display: grid; place-items: center; width: 38px; height: 38px; border-radius: 50%; background: var(--brand); color: var(--on); transition: background .15s; }
.send:hover:enabled { background: var(--deep); }
.send:disabled { background: #eceeec; color: #767f7c; }
.counter { padding: 6px 12px 0; color: var(--soft); font-size: 12.5px; text-align: end; }
.counter.over { color: var(--bad); font-weight: 600; }

@media ${WHOLE_SCREEN} {
  :host(.open) .launcher { display: none; }
  .panel { top: var(--top, 0); right: 0; bottom: auto; left: 0; width: 100%; height: 100vh; height: var(--height, 100dvh); border-radius: 0; box-shadow: none; }
  .head { padding-top: calc(12px + env(safe-area-inset-top)); padding-bottom: 12px; }
  .plain { width: 44px; height: 44px; margin: 0 -6px; }
  select { height: 40px; border-radius: 20px; }
  .quick { min-height: 44px; border-radius: 22px; padding-inline: 17px; }
  .send { width: 42px; height: 42px; }
  textarea { padding-block: 9px; }
  .retry { padding-block: 10px; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; }
}
@media (forced-colors: active) {
  .bubble, .panel, .launcher, .send, .dots i { border: 1px solid CanvasText; }
}
@media print { :host { display: none; } }
`;

  /** A constructed sheet passes a page's style-src; older browsers get a style element with the tag's nonce. */
  function dress(root) {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
      root.adoptedStyleSheets = [sheet];
    } catch {
      const style = document.createElement("style");
      if (script && script.nonce) style.nonce = script.nonce;
      style.textContent = CSS;
      root.append(style);
    }
  }

  customElements.define(NAME, ShohayWidget);

  function place() {
    if (!document.querySelector(NAME)) document.body.append(document.createElement(NAME));
  }
  if (document.body) place();
  else document.addEventListener("DOMContentLoaded", place, { once: true });
})();
