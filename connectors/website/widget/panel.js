const SUGGESTIONS = ["widget_suggestion_order", "widget_suggestion_return", "widget_suggestion_person"];
const NEAR_BOTTOM = 80; // px

/** The panel's parts, as elements: head, status, messages, composer. */
class Panel {
  /** hooks: close(), chose(language), suggested(text), dropped(files) */
  constructor(words, log, form, composer, hooks) {
    this.words = words;
    this.hooks = hooks;
    this.status = h("div", { class: "status", role: "status", "data-testid": "status", hidden: true });
    const head = this.head();
    this.body(log, form);
    this.drop = words.bind(h("div", { class: "drop", "aria-hidden": "true", hidden: true }), "widget_drop");
    this.node = h(
      "section",
      { class: "panel", role: "dialog", tabindex: "-1", hidden: true, "aria-labelledby": "title", "data-testid": "panel" },
      head,
      this.status,
      h("div", { class: "body" }, this.scroller, this.newer),
      composer.node,
      this.drop,
    );
    this.takeDrops();
  }

  head() {
    const { words } = this;
    this.heading = h("h2", { id: "title", class: "title" });
    this.speaker = h("p", { class: "speaker", "data-testid": "speaker" });
    this.face = h("span", { class: "avatar large", "aria-hidden": "true" });
    this.select = words.bind(h("select", { "data-testid": "language" }), "widget_language", "aria-label");
    for (const { code, name } of words.languages) this.select.append(h("option", { value: code, lang: code }, name));
    this.select.addEventListener("change", () => this.hooks.chose(this.select.value));
    const close = { type: "button", class: "plain", "data-testid": "close", click: () => this.hooks.close() };
    return h(
      "div",
      { class: "head" },
      this.face,
      h("div", { class: "titles" }, this.heading, this.speaker),
      h("span", { class: "language" }, this.select, icon(...ICON.down)),
      words.bind(h("button", close, icon(...ICON.close)), "widget_close", "aria-label"),
    );
  }

  body(log, form) {
    const { words } = this;
    const welcome = h(
      "div",
      { class: "welcome", "data-testid": "welcome" },
      h("span", { class: "avatar mark", "aria-hidden": "true" }, icon(...ICON.bot)),
      words.bind(h("h3", {}), "widget_welcome_title"),
      words.bind(h("p", {}), "widget_welcome"),
    );
    this.suggestions = h("div", { class: "suggestions" });
    for (const key of SUGGESTIONS) {
      const say = h("button", { type: "button", class: "quick", "data-testid": "suggestion" });
      say.addEventListener("click", () => this.hooks.suggested(words.label(key)));
      this.suggestions.append(words.bind(say, key));
    }
    this.dots = h(
      "div",
      { class: "row typing first", "data-testid": "typing", hidden: true },
      h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      h("span", { class: "sr" }),
    );
    // The live region is the log alone: dots and greeting would be read out over and over.
    words.bind(log.node, "widget_log", "aria-label");
    const parts = [welcome, this.suggestions, log.node, form.node, this.dots];
    this.scroller = h("div", { class: "scroller", tabindex: "0", role: "region", scroll: () => this.scrolled() }, ...parts);
    words.bind(this.scroller, "widget_log", "aria-label");
    const newer = { type: "button", class: "newer", hidden: true, click: () => this.toBottom() };
    this.newer = h("button", newer, words.bind(h("span"), "widget_new_messages"), icon(...ICON.down));
  }

  /** Files may be dropped anywhere on the panel. */
  takeDrops() {
    let inside = 0; // of the panel's elements, each of which is entered and left
    const over = (step) => (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      inside += step;
      this.drop.hidden = inside <= 0;
    };
    this.node.addEventListener("dragenter", over(1));
    this.node.addEventListener("dragleave", over(-1));
    this.node.addEventListener("dragover", over(0));
    this.node.addEventListener("drop", (event) => {
      over(-inside)(event);
      if (event.defaultPrevented) this.hooks.dropped(event.dataTransfer.files);
    });
  }

  relabel() {
    this.node.lang = this.words.code;
    this.node.dir = this.words.direction;
    this.select.value = this.words.code;
    set(this.heading, options.title || this.words.label("widget_title"));
  }

  /** How things stand, and who has the conversation. */
  drawStatus({ status, queue_position: position, expected_wait_minutes: minutes, ...state }, online, files) {
    const { words } = this;
    const name = state.agent_name || words.label("widget_agent");
    let key = "";
    if (!online) key = "widget_offline";
    else if (status === "queued") key = position ? "widget_queue_position" : "widget_queued";
    else if (status === "assigned") key = "widget_assigned";
    else if (!state.ready) key = "widget_starting";
    else if (status === "resolved") key = "widget_resolved";
    if (key === "widget_queue_position" && minutes) key = "widget_queue_wait";
    set(this.status, key && words.label(key, { position, minutes, name }));
    this.status.hidden = !key;
    this.status.dataset.status = online ? status : "offline";
    this.node.dataset.status = status;
    const person = status === "assigned";
    set(this.speaker, words.label(person ? "widget_speaker_agent" : "widget_speaker_bot"));
    avatar(this.face, person ? "agent" : "bot", name, state.agent_picture, files);
  }

  /** The dots, while "bot" or "agent" types; name: theirs, if it is known. */
  drawTyping(author, name) {
    this.dots.hidden = !author;
    this.dots.dataset.author = author || "";
    const who = name || (author ? this.words.label(`widget_${author}`) : "");
    set(this.dots.lastChild, author ? this.words.label("widget_typing", { name: who }) : "");
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

  /** Keeps Tab inside, where the panel is all that is to be seen. */
  trap(event, at) {
    const stops = [...this.node.querySelectorAll("button, select, input, textarea, a[href], [tabindex='0']")].filter(
      (node) => !node.disabled && node.getClientRects().length,
    );
    const edge = event.shiftKey ? stops[0] : stops[stops.length - 1];
    if (at !== edge && !(event.shiftKey && at === this.node)) return;
    event.preventDefault();
    (event.shiftKey ? stops[stops.length - 1] : stops[0]).focus();
  }
}
