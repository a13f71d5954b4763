const GROUP_WITHIN = 300 * SECOND;

/** One message on the screen: ours while it is under way, the server's once that has answered. */
class Item {
  constructor(author, text) {
    this.after = 0; // the seq it was written after
    this.at = new Date();
    this.error = null;
    this.retryable = true;
    this.row = null;
    this.update({ author, text });
  }

  /** What the customer just wrote, pressed or uploaded; body is what the server gets. */
  static own(text, body, files = []) {
    const item = new Item("customer", text);
    item.state = "sending";
    item.files = files;
    item.body = { client_id: randomId(), ...body };
    return item;
  }

  /** Takes over what the server says of this message. */
  update({ id = null, seq = null, author, author_name: name, author_picture: picture, created_at: at, ...said }) {
    const { text, buttons, files, card, language } = said;
    Object.assign(this, { id, seq, author, name: name || "", picture, text: text || "", card, language });
    this.buttons = buttons || [];
    this.files = files || [];
    if (at) this.at = new Date(at);
    this.state = "sent"; // or "sending", "failed"
  }

  /** Whether this message of ours, still under way, is the one that the server has. */
  same(message) {
    return this.text === message.text && this.files[0]?.id === message.files[0]?.id;
  }

  onDayOf(other) {
    return this.at.toDateString() === other.at.toDateString();
  }

  /** Whether both stand together as said in one breath. */
  with(other) {
    const near = Math.abs(other.at - this.at) < GROUP_WITHIN;
    return this.author === other.author && this.name === other.name && near;
  }
}
