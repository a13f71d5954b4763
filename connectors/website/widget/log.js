/**
 * The log: items in order of seq, each with its row, grouped by who speaks.
 * Those under way come last, failed ones stay where they were written.
 */
class Log {
  /** row(item): a Row for it. */
  constructor(row) {
    this.row = row;
    this.items = [];
    this.state = {}; // of the conversation
    this.node = h("div", { role: "log", "aria-live": "polite", "aria-relevant": "additions", "data-testid": "messages" });
  }

  get lastSeq() {
    return this.items.reduce((last, item) => Math.max(last, item.seq || 0), 0);
  }

  get underWay() {
    return this.items.filter((item) => item.seq === null);
  }

  find(id) {
    return this.items.find((item) => item.id === id);
  }

  latest(test) {
    return [...this.items].reverse().find(test);
  }

  /** Takes in a message of the server; true if it was new. */
  accept(message) {
    const known = this.find(message.id);
    const ours = message.author === "customer" && this.underWay.find((one) => one.state === "sending" && one.same(message));
    const item = known || ours || this.add(new Item(message.author, ""));
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
    if (item.row) item.row.node.remove();
  }

  /** Leaves only what the server has not yet taken. */
  reset() {
    for (const item of this.items.filter((each) => each.seq !== null)) this.drop(item);
  }

  /** The latest message whose quick replies still stand: nobody has answered since. How to wait may be chosen, and
   *  chosen again, as long as the customer is in the queue. */
  open() {
    const queued = this.state.status === "queued";
    if (this.state.status === "assigned") return null;
    for (let index = this.items.length - 1; index >= 0; index -= 1) {
      const item = this.items[index];
      const wrote = item.author === "customer" && item.state !== "failed";
      if ((wrote && !queued) || item.author === "agent") return null;
      if (item.buttons.length && (item.author === "system" || (item.author === "bot" && !queued))) return item;
    }
    return null;
  }

  /** What stands beside our messages: "seen" at the last that a person has read, "sent" at the last of all as long as
   *  nobody has answered it. By item. */
  receipts() {
    const found = new Map();
    const ours = (item) => item.author === "customer" && item.seq !== null;
    const seen = this.latest((item) => ours(item) && item.seq <= this.state.agent_seen);
    if (seen) found.set(seen, "widget_seen");
    const last = this.items[this.items.length - 1];
    if (last && ours(last) && last !== seen) found.set(last, "widget_sent");
    return found;
  }

  /** Brings the screen in line with the items. */
  draw() {
    const rank = ({ seq, state, after }) => seq ?? (state === "failed" ? after + 0.5 : Infinity);
    // Stable: those under way keep the order they were written in. (Infinity - Infinity is NaN.)
    this.items.sort((a, b) => (rank(a) === rank(b) ? 0 : rank(a) - rank(b)));
    const open = this.open();
    const receipts = this.receipts();
    let previous = null;
    this.items.forEach((item, index) => {
      const next = this.items[index + 1];
      const newDay = !item.onDayOf(previous || { at: new Date() });
      if (!item.row) item.row = this.row(item);
      item.row.draw({
        first: newDay || !previous || !previous.with(item),
        last: !next || !item.onDayOf(next) || !item.with(next),
        newDay,
        open: item === open,
        receipt: receipts.get(item),
      });
      const { node } = item.row;
      const there = this.node.children[index];
      if (there !== node) this.node.insertBefore(node, there || null);
      previous = item;
    });
  }
}
