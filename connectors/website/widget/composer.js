const TEXT_LIMIT = 4000; // code points, as the server counts
const COUNTER_FROM = 3600;

/** Where the customer writes: the input, what goes with it, and the button that sends both. */
class Composer {
  /** hooks: written(text, files): to be sent; typing(): something was typed; resized(change): runs what changes its height. */
  constructor(words, files, hooks) {
    this.words = words;
    this.hooks = hooks;
    this.tray = new Tray(words, files, () => this.measure());
    this.build();
    this.input.value = session.get("draft") || "";
  }

  build() {
    const { words } = this;
    const look = { rows: "1", dir: "auto", enterkeyhint: "send", "aria-describedby": "counter", "data-testid": "input" };
    this.input = h("textarea", look);
    words.bind(this.input, "widget_input", "aria-label");
    words.bind(this.input, "widget_placeholder", "placeholder");
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("paste", (event) => {
      const { files } = event.clipboardData;
      if (!files.length) return;
      event.preventDefault();
      this.tray.add(files);
    });
    this.chooser = h("input", { type: "file", multiple: true, accept: TAKEN.join(), hidden: true, "data-testid": "file-input" });
    this.chooser.addEventListener("change", () => {
      this.tray.add(this.chooser.files);
      this.chooser.value = ""; // the same file may be chosen again
      this.input.focus();
    });
    const choose = { type: "button", class: "attach", "data-testid": "attach", click: () => this.chooser.click() };
    const attach = words.bind(h("button", choose, icon(...ICON.clip)), "widget_attach", "aria-label");
    const submit = { type: "button", class: "send", disabled: true, "data-testid": "send", click: () => this.submit() };
    this.send = words.bind(h("button", submit, icon(...ICON.send)), "widget_send", "aria-label");
    this.counter = h("p", { id: "counter", class: "counter", "aria-live": "polite", "data-testid": "counter", hidden: true });
    const field = h("div", { class: "field" }, attach, this.chooser, this.input, this.send);
    this.node = h("div", { class: "composer" }, this.tray.node, field, this.counter);
  }

  typed() {
    session.set("draft", this.input.value); // there again on the shop's next page
    this.measure();
    if (this.input.value.trim()) this.hooks.typing();
  }

  key(event) {
    // While an input method composes (Bengali, say), Enter belongs to it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submit();
  }

  submit() {
    if (this.send.disabled) return;
    const text = this.input.value.trim();
    this.clear();
    this.hooks.written(text, this.tray.take());
    this.input.focus();
  }

  clear() {
    this.input.value = "";
    session.remove("draft");
    this.measure();
  }

  /** Grows the input with its text, counts near the limit, and knows whether there is something to send. */
  measure() {
    const { input, counter } = this;
    const length = [...input.value.trim()].length;
    const over = length - TEXT_LIMIT;
    this.send.disabled = (!length && this.tray.empty) || over > 0 || this.tray.busy;
    input.setAttribute("aria-invalid", String(over > 0));
    this.hooks.resized(() => {
      input.style.height = "auto";
      if (input.scrollHeight) input.style.height = `${input.scrollHeight}px`;
      this.tray.list.hidden = this.tray.empty;
      counter.hidden = length < COUNTER_FROM;
      counter.classList.toggle("over", over > 0);
      const key = over > 0 ? "widget_characters_over" : "widget_characters_left";
      set(counter, counter.hidden ? "" : this.words.label(key, { over, left: -over }));
    });
  }

  /** What was being written is nobody's any more. */
  empty() {
    this.clear();
    this.tray.clear();
  }

  relabel() {
    this.tray.relabel();
    this.measure();
  }
}
