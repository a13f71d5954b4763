const SEND_RETRIES = 3;
const SMALL_PAGE = 20; // a history page shorter than this is the last one
const BOT_TYPES_AT_MOST = 30 * SECOND;
const AGENT_TYPES_AT_MOST = 8 * SECOND; // without being told again
const TYPING_TOLD_EVERY = 3 * SECOND;
const UNSENT_KEPT = 3600 * SECOND;

const isStuck = (item) => item.state === "failed" && item.error.passing;

/** The conversation as this page has it: the log, how things stand, and what is still under way. */
class Chat {
  /** changed(fresh): something to draw, and whether it is something new; language(): of a new session; left(): for good,
   *  so that what is being written is nobody's any more. */
  constructor(log, { changed, language, left }) {
    this.log = log;
    this.changed = changed;
    this.client = new Client({
      language,
      forgotten: () => this.forgotten(),
      created: (token) => this.created(token),
      moved: () => this.moved(),
      left: () => {
        this.left();
        left();
      },
    });
    this.stream = new EventStream(this.client, {
      opened: () => this.streamOpened(),
      heard: (type, data) => this.heard(type, data),
      failed: (times) => (times > 1 || navigator.onLine === false) && this.setOnline(false),
    });
    this.era = 0; // which chat it is: what comes of an earlier one is thrown away
    this.online = true;
    this.sending = false;
    this.choice = null; // of a language, which the server has not been told
    this.begin();
  }

  /** As before the first word. */
  begin() {
    this.state = this.log.state = {
      status: "bot",
      queue_position: null,
      expected_wait_minutes: null,
      expects: undefined, // not known yet
      agent_name: "",
      agent_picture: null,
      agent_seen: 0,
      ready: true,
    };
    this.syncing = null;
    this.synced = 0; // every message up to this seq is here
    this.caughtUp = false;
    this.typing = null;
    this.toldTyping = 0;
    this.toldSeen = 0;
  }

  // ---- the session

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
    this.begin();
    this.stream.lastId = null;
    this.log.reset();
    this.changed();
  }

  /** The same customer's conversation of another device, or of another tab. */
  moved() {
    this.forgotten();
    this.sync();
    this.stream.restart();
  }

  left() {
    this.stream.stop();
    for (const item of this.log.underWay) this.log.drop(item);
    this.keepUnsent();
  }

  // ---- what comes in

  streamOpened() {
    this.setOnline(true);
    this.caughtUp = false;
    this.sync();
    this.retryAll();
  }

  setOnline(online) {
    if (this.online === online) return;
    this.online = online;
    this.changed();
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
      page = await this.client.json("GET", `messages?after=${this.synced}`);
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
    const value = JSON.parse(data);
    if (type === "message") {
      this.take([value]);
      if (this.caughtUp) this.synced = Math.max(this.synced, value.seq);
    } else if (type === "status" || type === "seen") this.setState(value);
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
    this.keepUnsent();
    this.changed(fresh);
  }

  setState(news) {
    for (const key of Object.keys(this.state)) if (news[key] !== undefined) this.state[key] = news[key];
    if (this.state.status !== "bot" && this.typing === "bot") this.setTyping(null);
    this.changed();
  }

  setTyping(author) {
    clearTimeout(this.typingTimer);
    this.typing = author === "bot" || author === "agent" ? author : null;
    const most = author === "agent" ? AGENT_TYPES_AT_MOST : BOT_TYPES_AT_MOST;
    if (this.typing) this.typingTimer = setTimeout(() => this.setTyping(null), most);
    this.changed();
  }

  // ---- what goes out

  say(text, body, files) {
    this.retryAll();
    this.log.add(Item.own(text, body, files));
    this.changed();
    this.deliver();
  }

  /** All that the server was not there for, in the order in which it was written. */
  retryAll() {
    this.resend(this.log.underWay.filter(isStuck));
  }

  retry(item) {
    if (isStuck(item)) this.retryAll();
    else this.resend([item]);
  }

  /** All at once, since the log draws what is under way after what has failed. */
  resend(items) {
    for (const item of items) Object.assign(item, { state: "sending", error: null, at: new Date() });
    this.changed();
    this.deliver();
  }

  deliver() {
    this.keepUnsent();
    this.send();
  }

  /** What waits goes out one after the other, in the order in which it was written; a choice of language before it. */
  async send() {
    if (this.sending) return;
    this.sending = true;
    try {
      for (;;) {
        const item = this.log.underWay.find(({ state }) => state === "sending");
        if (this.choice) await this.tellChoice(this.choice);
        else if (item) await this.post(item);
        else return;
      }
    } finally {
      this.sending = false;
    }
  }

  async post(item) {
    // what was written before it is not overtaken, also when the server is there again meanwhile
    const { underWay } = this.log;
    const before = underWay.slice(0, underWay.indexOf(item)).find(isStuck);
    for (let attempt = before ? SEND_RETRIES : 0; this.log.items.includes(item); attempt += 1) {
      try {
        if (before) throw before.error;
        const taken = await this.client.json("POST", "messages", item.body);
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
        item.error = error;
        item.retryable = Boolean(error.passing || error.status === 429 || error.status === 401);
        break;
      }
    }
    this.keepUnsent();
    this.changed();
    this.stream.start();
  }

  /** What the server has not taken yet goes on from the shop's next page, or after a reload. */
  keepUnsent() {
    const unsent = this.log.underWay.filter((item) => item.state === "sending" || item.retryable);
    if (!unsent.length) session.remove("unsent");
    else session.set("unsent", JSON.stringify(unsent.map(({ text, body, files, at }) => ({ text, body, files, at }))));
  }

  /** Goes on with what an earlier page had not sent; the server knows what it has by the client's id. */
  resume() {
    let unsent = [];
    try {
      unsent = JSON.parse(session.get("unsent")) || [];
    } catch {
      // Not ours: there is nothing to go on with.
    }
    if (unsent.length) this.client.wanted = true;
    for (const { text, body, files, at } of unsent) {
      if (Date.now() - Date.parse(at) > UNSENT_KEPT) continue;
      const item = Item.own(text, body, files);
      item.at = new Date(at);
      this.log.add(item);
    }
    this.deliver();
  }

  /** The customer types: told to whoever may be looking, a person. */
  tellTyping() {
    const now = Date.now();
    const person = this.state.status === "assigned" || this.state.status === "queued";
    if (!person || !this.client.token || now - this.toldTyping < TYPING_TOLD_EVERY) return;
    this.toldTyping = now;
    this.client.request("POST", "typing").catch(() => {});
  }

  /** The customer has everything before their eyes: told when it is a person who wrote. */
  tellSeen() {
    const written = this.log.latest((item) => item.author === "agent");
    if (!written || written.seq <= this.toldSeen) return;
    const { era, toldSeen } = this;
    this.toldSeen = written.seq;
    this.client.request("POST", "seen", { body: { seq: this.log.lastSeq } }).catch(() => {
      if (era === this.era) this.toldSeen = toldSeen; // told with the next one
    });
  }

  tellLanguage(code) {
    if (!this.client.token && !this.client.creating) return; // a new session will be told
    this.choice = { code };
    this.send();
  }

  async tellChoice(choice) {
    for (let attempt = 0; attempt <= SEND_RETRIES && choice === this.choice; attempt += 1) {
      try {
        await this.client.json("POST", "language", { language: choice.code });
        break;
      } catch (error) {
        if (!error.passing) break;
        await sleep(backoff(attempt));
      }
    }
    if (choice === this.choice) this.choice = null;
  }
}
