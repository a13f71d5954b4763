const SCORE = /^rating:[1-5]$/;

/** A message's place on the screen, kept in line with its item. */
class Row {
  /** hooks: pressed(item, button), retried(item) */
  constructor(item, words, files, hooks) {
    this.item = item;
    this.words = words;
    this.files = files;
    this.hooks = hooks;
    this.drawn = {};
    this.build();
  }

  build() {
    const { author } = this.item;
    this.day = h("div", { class: "day" });
    this.name = h("span", { class: "name" });
    this.bubble = h("div", { class: "bubble", dir: "auto", "data-testid": "bubble" });
    this.attached = h("div", { class: "files", hidden: true });
    this.card = h("div", { class: "card-place", hidden: true });
    this.buttons = h("div", { class: "buttons", "data-testid": "buttons", hidden: true });
    this.time = h("time", {});
    this.state = h("span", { class: "state" });
    // A sign beside the words; read out each time it changes it would be a nuisance.
    this.receipt = h("span", { class: "receipt", "aria-live": "off", "data-testid": "receipt" });
    const who = h("div", { class: "who" });
    if (author === "bot" || author === "agent") {
      this.avatar = h("span", { class: "avatar", "aria-hidden": "true" });
      who.append(this.avatar);
    }
    who.append(this.name);
    const meta = h("div", { class: "meta" }, this.time, this.state, this.receipt);
    const parts = [this.day, who, this.bubble, this.attached, this.card, this.buttons, meta];
    this.node = h("div", { class: "row", "data-testid": "message", "data-author": author }, ...parts);
  }

  /** first, last: of those said in one breath; newDay: of its day; open: its buttons stand; receipt: a label's key. */
  draw({ first, last, newDay, open, receipt }) {
    const { item, node, words } = this;
    const name = this.speaker();
    node.dataset.author = item.author;
    node.dataset.state = item.state;
    if (item.seq !== null) node.dataset.seq = item.seq;
    node.classList.toggle("first", first);
    node.classList.toggle("last", last);
    set(this.day, newDay ? words.day(item.at) : "");
    this.day.hidden = !newDay;
    set(this.name, name);
    if (this.avatar) avatar(this.avatar, item.author, name, item.picture, this.files);
    const text = item.card?.beside || item.text; // the card says the rest
    this.anew("text", text, () => this.bubble.replaceChildren(...linked(text)));
    this.bubble.hidden = !text;
    if (item.language) this.bubble.lang = this.card.lang = item.language;
    this.drawFiles();
    this.anew("card", JSON.stringify(item.card), () => {
      this.card.hidden = !item.card;
      this.card.replaceChildren(...(item.card ? [card(item.card)] : []));
    });
    this.drawButtons(open);
    set(this.time, words.clock.format(item.at));
    this.time.dateTime = item.at.toISOString();
    this.drawState();
    set(this.receipt, receipt ? words.label(receipt) : "");
    node.classList.toggle("receipted", Boolean(receipt));
  }

  /** Draws a part only when what it shows is another. */
  anew(part, value, draw) {
    if (this.drawn[part] === value) return;
    this.drawn[part] = value;
    draw();
  }

  speaker() {
    const { author, name } = this.item;
    if (author === "system") return "";
    return author === "customer" ? this.words.label("widget_you") : name || this.words.label(`widget_${author}`);
  }

  drawFiles() {
    // Our own are here, though nobody says so while they are under way.
    const shown = this.item.files.map((file) => ({ ...file, status: file.status || "here" }));
    this.anew("files", JSON.stringify([shown, this.words.code]), () => {
      this.attached.hidden = !shown.length;
      this.attached.replaceChildren(...shown.map((file) => attachment(file, this.words, this.files)));
    });
  }

  drawButtons(open) {
    const { item, buttons } = this;
    this.anew("buttons", JSON.stringify(item.buttons), () => {
      const scores = item.buttons.length && item.buttons.every(({ payload }) => SCORE.test(payload));
      const shown = scores ? [...item.buttons].sort((a, b) => (a.payload < b.payload ? -1 : 1)) : item.buttons;
      buttons.hidden = !shown.length;
      buttons.classList.toggle("scores", Boolean(scores));
      buttons.replaceChildren(
        ...shown.map((button) => {
          const press = () => this.hooks.pressed(item, button);
          const look = { type: "button", dir: "auto", "data-testid": "button", click: press };
          if (!scores) return h("button", { class: "quick", ...look }, button.title);
          return h("button", { class: "star", title: button.title, "aria-label": button.title, ...look }, icon(...ICON.star));
        }),
      );
    });
    for (const button of buttons.children) button.disabled = !open;
  }

  drawState() {
    const { item, state, words } = this;
    if (item.state !== "failed") {
      set(state, item.state === "sending" ? words.label("widget_sending") : "");
      return;
    }
    const why = item.error ? words.refusal(item.error) : "";
    const say = why ? [why] : [];
    if (item.retryable) {
      const look = { type: "button", class: "retry", "data-testid": "retry", click: () => this.hooks.retried(item) };
      say.push(h("button", look, words.label("widget_not_sent")));
    } else if (!why) say.push(words.label("widget_refused"));
    // Drawn anew without need, the button would lose its focus.
    const text = say.map((part) => part.textContent ?? part).join("");
    if (state.textContent !== text) state.replaceChildren(...say.map((part) => h("span", {}, part)));
  }
}
