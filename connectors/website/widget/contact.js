const CONTACT = "handoff:contact";
const WAIT = "handoff:wait";

/** Where the customer leaves how to reach them, as long as the server takes their next words for that. It stands after
 *  the log, which would read it out as something that was said. */
class ContactForm {
  /** hooks: given(text): an e-mail address or phone number; declined(button): the one that says so; resized(change): runs
   *  what changes its height. */
  constructor(words, hooks) {
    this.words = words;
    this.hooks = hooks;
    this.wanted = false; // the customer has just asked for it here
    const field = { id: "contact", maxlength: 200, autocomplete: "email", inputmode: "email", enterkeyhint: "send", dir: "auto" };
    this.input = h("input", { ...field, "aria-describedby": "contact-error", "data-testid": "contact", input: () => this.typed() });
    this.input.value = session.get("contact") || "";
    this.error = h("p", { id: "contact-error", class: "trouble", role: "alert", "data-testid": "contact-error" });
    const later = { type: "button", class: "quick", dir: "auto", "data-testid": "contact-later", click: () => hooks.declined(this.wait) };
    this.later = h("button", later);
    this.node = h(
      "form",
      { class: "contact", hidden: true, "data-testid": "contact-form", submit: (event) => this.submit(event) },
      words.bind(h("label", { for: "contact" }), "widget_contact"),
      this.input,
      this.error,
      h("div", { class: "buttons" }, words.bind(h("button", { class: "quick main" }), "widget_send"), this.later),
    );
  }

  typed() {
    session.set("contact", this.input.value); // there again on the shop's next page
    this.judge(true);
  }

  /** good: what stands there may be sent. */
  judge(good) {
    this.good = good;
    this.input.setAttribute("aria-invalid", String(!good));
    this.hooks.resized(() => set(this.error, good ? "" : this.words.label("widget_contact_invalid")));
  }

  /** Of what is sent the server, which knows more of addresses and numbers, has the last word. */
  submit(event) {
    event.preventDefault();
    const text = this.input.value.trim();
    const digits = text.replace(/\P{Nd}/gu, "");
    this.judge(/\S@\S+\.\S/.test(text) || /^.{7,15}$/u.test(digits));
    if (this.good) this.hooks.given(text);
    else this.input.focus();
  }

  empty() {
    this.input.value = "";
    session.remove("contact");
    this.wanted = false;
    this.judge(true);
  }

  /** Nobody is asked while what they said last is unanswered. True when it has just come because they wanted it. */
  draw(log) {
    const { expects } = log.state;
    const last = log.latest((item) => item.text && item.state !== "failed");
    const was = this.node.hidden;
    this.node.hidden = expects !== "contact" || !last || last.author === "customer";
    if (expects === null && this.input.value) this.empty();
    const waiting = (item) => item.buttons.find((button) => button.payload === WAIT);
    const item = log.latest(waiting);
    this.wait = item && waiting(item);
    this.later.hidden = !item || item === last;
    if (item) set(this.later, this.wait.title);
    this.judge(this.good !== false);
    if (this.node.hidden || !was || !this.wanted) return false;
    this.wanted = false;
    return true;
  }
}
