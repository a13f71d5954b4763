/** The button that opens and closes the panel, with the number of unread messages. */
class Launcher {
  constructor(words, pressed) {
    this.words = words;
    this.badge = h("span", { class: "badge", "aria-hidden": "true", hidden: true, "data-testid": "unread" });
    const look = { type: "button", class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false" };
    this.node = h(
      "button",
      { ...look, "data-testid": "launcher", click: pressed },
      h("span", { class: "face chat" }, icon(...ICON.chat)),
      h("span", { class: "face down" }, icon(...ICON.down)),
      this.badge,
    );
    this.node.hidden = options.launcher === "hidden"; // the page has a button of its own
  }

  draw(opened, count) {
    const { words, badge, node } = this;
    badge.hidden = !count;
    set(badge, count ? words.numbers.format(Math.min(count, 9)) + (count > 9 ? "+" : "") : "");
    const key = opened ? "widget_close" : count ? "widget_open_unread" : "widget_open";
    const label = words.label(key, { count });
    node.setAttribute("aria-label", label);
    node.setAttribute("aria-expanded", String(opened));
    node.lang = words.code;
  }
}
