/** The element on the page. A page may call open(), close() and identify(), and hears "shohay-unread". */
class ShohayWidget extends HTMLElement {
  connectedCallback() {
    if (this.shadowRoot) return;
    this.attachShadow({ mode: "open" });
    this.hidden = true; // until there are words: a button nobody answers is worse than none
    this.opened = false;
    this.unread = 0;
    dress(this.shadowRoot);
    const brand = (options.color && colour.parse(options.color)) || [15, 118, 110];
    for (const [name, rgb] of Object.entries(colour.companions(brand))) {
      this.style.setProperty(`--${name}`, colour.css(rgb));
    }
    this.classList.toggle("left", options.position === "left");
    this.begun = this.begin();
  }

  async begin() {
    this.words = new Words(await this.labels());
    this.log = new Log(
      (item) =>
        new Row(item, this.words, this.files, {
          pressed: (pressed, button) => this.press(pressed, button),
          retried: (retried) => {
            this.chat.retry(retried);
            this.refocus();
          },
        }),
    );
    this.chat = new Chat(this.log, {
      changed: (fresh) => this.draw(fresh),
      language: () => this.words.code,
      left: () => {
        this.composer.empty();
        this.form.empty();
      },
    });
    this.files = new Files(this.chat.client);
    this.build();
    watchSurroundings(this);
    this.relabel();
    this.hidden = false;
    this.chat.resume();
    if (this.chat.client.token) this.chat.follow();
    if (this.wished) this.open(); // the page asked before there were words
  }

  /** What the widget says; asked for until it comes, and whoever embeds it is told once why it may not. */
  async labels() {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await (await call("GET", "labels")).json(); // they need no session
      } catch {
        if (attempt === 0 && API.origin !== location.origin) {
          console.error(
            `Shohay: no answer from ${API.origin}, so there is no chat here yet. If it runs, its SHOHAY_ALLOWED_ORIGINS must ` +
              `name ${location.origin}, and this page's Content-Security-Policy allow connect-src ${API.origin}.`,
          );
        }
        await sleep(backoff(attempt));
      }
    }
  }

  build() {
    const { words } = this;
    this.composer = new Composer(words, this.files, {
      written: (text, files) => this.say(text, files),
      typing: () => this.chat.tellTyping(),
      resized: (change) => this.steadily(change),
    });
    this.form = new ContactForm(words, {
      given: (text) => {
        this.form.wanted = true; // once more, when it is not taken for one
        this.say(text);
      },
      declined: (button) => this.choose(button),
      resized: (change) => this.steadily(change),
    });
    this.panel = new Panel(words, this.log, this.form, this.composer, {
      close: () => this.close(),
      chose: (code) => this.chooseLanguage(code),
      suggested: (text) => {
        this.say(text);
        this.refocus();
      },
      dropped: (files) => {
        this.composer.tray.add(files);
        this.refocus();
      },
    });
    this.panel.node.addEventListener("keydown", (event) => this.key(event));
    this.launcher = new Launcher(words, () => (this.opened ? this.close() : this.open()));
    this.shadowRoot.append(this.panel.node, this.launcher.node);
  }

  // ---- what a page can ask for

  /** Opens the panel. */
  open() {
    this.wished = true;
    if (!this.panel || this.opened) return;
    this.opened = true;
    this.cameFrom = document.activeElement;
    this.chat.client.wanted = true;
    this.panel.node.hidden = false;
    this.classList.add("open");
    if (matchMedia(WHOLE_SCREEN).matches) this.panel.node.setAttribute("aria-modal", "true");
    else this.panel.node.removeAttribute("aria-modal");
    this.composer.measure();
    this.panel.toBottom();
    this.markSeen();
    this.chat.follow();
    this.refocus();
    if (this.voucher) this.identify(this.voucher);
  }

  /** Closes it; the keyboard goes back to where it came from. */
  close() {
    this.wished = false;
    if (!this.panel || !this.opened) return;
    this.opened = false;
    this.panel.node.hidden = true;
    this.classList.remove("open");
    this.drawUnread();
    const from = this.launcher.node.hidden ? this.cameFrom : this.launcher.node;
    if (from && from !== this && from.isConnected) from.focus();
  }

  /**
   * The shop's customer is signed in: a voucher, or a function that fetches one from the shop's server, which is only
   * called once there is a chat; null, from it or instead of it: nobody is signed in. Resolves to whether the chat knows
   * it; a voucher that is not taken changes nothing.
   */
  async identify(voucher) {
    await this.begun;
    const { client } = this.chat;
    this.voucher = null;
    if (typeof voucher === "function" && !client.token && !this.opened) {
      this.voucher = voucher;
      return false;
    }
    try {
      const word = typeof voucher === "function" ? await voucher() : voucher;
      if (!word) {
        if (storage.get("identified")) client.leave();
        return true;
      }
      await client.identify(word);
    } catch {
      return false;
    }
    this.chat.follow();
    return true;
  }

  // ---- what the customer does

  say(text, files = []) {
    const body = text ? { text } : {};
    if (files.length) body.files = files.map((file) => file.id);
    this.chat.say(text, body, files);
    this.panel.toBottom();
  }

  press(item, button) {
    if (this.log.open() !== item) return;
    this.form.wanted = button.payload === CONTACT;
    this.choose(button);
    this.refocus();
  }

  choose({ title, payload }) {
    this.chat.say(title, { payload });
    this.panel.toBottom();
  }

  /** Where the customer goes on: the input, but on a touch screen without calling up its keyboard. */
  refocus() {
    (matchMedia("(pointer: coarse)").matches ? this.panel.node : this.composer.input).focus({ preventScroll: true });
  }

  key(event) {
    if (event.key === "Escape" && !event.isComposing) {
      event.stopPropagation();
      this.close();
    }
    if (event.key === "Tab" && this.panel.node.hasAttribute("aria-modal")) {
      this.panel.trap(event, this.shadowRoot.activeElement);
    }
  }

  chooseLanguage(code) {
    storage.set("language", code);
    this.speak(code);
    this.chat.tellLanguage(code);
  }

  // ---- drawing

  /** All words in another language. */
  speak(code) {
    this.words.use(code);
    this.relabel();
  }

  relabel() {
    this.panel.relabel();
    this.composer.relabel();
    this.draw();
  }

  get looking() {
    return this.opened && document.visibilityState === "visible";
  }

  /** fresh: something new came, which may want to be scrolled to or pointed at. */
  draw(fresh = false) {
    if (!this.panel) return;
    const { log, panel, chat, form, composer } = this;
    const at = this.shadowRoot.activeElement;
    const bottom = panel.atBottom;
    log.draw();
    panel.suggestions.hidden = log.items.length > 0;
    panel.drawStatus(chat.state, chat.online, this.files);
    // The keyboard goes where the customer goes on, but not away from what they are writing.
    if (form.draw(log) && at === composer.input && !at.value) form.input.focus();
    else if (form.node.hidden && form.node.contains(at)) this.refocus();
    const typist = log.latest((item) => item.author === chat.typing);
    panel.drawTyping(chat.typing, (typist && typist.name) || (chat.typing === "agent" && chat.state.agent_name));
    this.markSeen();
    if (bottom) panel.toBottom();
    else if (fresh && this.opened) panel.newer.hidden = false;
  }

  /** Changes heights around the messages; whoever was at their end stays there. */
  steadily(change) {
    const bottom = this.panel && this.panel.atBottom;
    change();
    if (bottom) this.panel.toBottom();
  }

  get seen() {
    return Number(storage.get("seen")) || 0;
  }

  markSeen() {
    const last = this.log.lastSeq;
    if (this.looking && last > this.seen) storage.set("seen", String(last));
    if (this.looking) this.chat.tellSeen();
    this.drawUnread();
  }

  drawUnread() {
    const { seen } = this;
    const spoken = (item) => item.author === "bot" || item.author === "agent";
    const count = this.opened ? 0 : this.log.items.filter((item) => spoken(item) && item.seq > seen).length;
    this.launcher.draw(this.opened, count);
    if (count === this.unread) return;
    this.unread = count;
    this.dispatchEvent(new CustomEvent("shohay-unread", { bubbles: true, detail: { count } }));
  }
}
