const GROUP_WITHIN = 300 * SECOND;

/** One message on the screen: ours while it is under way, the server's once that has answered. */
class Item {
  constructor(author, text) {
    this.author = author;
    this.text = text;
    this.id = null;
    this.seq = null;
    this.name = "";
    this.picture = null;
    this.buttons = [];
    this.files = [];
    this.card = null;
    this.language = "";
    this.after = 0; // the seq it was written after
    this.at = new Date();
    this.state = "sent"; // or "sending", "failed"
    this.error = null;
    this.retryable = true;
    this.row = null;
  }

  /** What the customer just wrote, pressed or uploaded; body is what the server gets. */
  static own(text, body, files = []) {
    const item = new Item("customer", text);
    item.state = "sending";
    item.files = files;
    item.body = { client_id: uuid(), ...body };
    return item;
  }

  /** Takes over what the server says of this message. */
  update(message) {
    this.id = message.id;
    this.seq = message.seq;
    this.author = message.author;
    this.name = message.author_name || "";
    this.picture = message.author_picture || null;
    this.text = message.text || "";
    this.buttons = message.buttons || [];
    this.files = message.files || [];
    this.card = message.card || null;
    this.language = message.language || "";
    const at = new Date(message.created_at);
    if (!Number.isNaN(at.getTime())) this.at = at;
    this.state = "sent";
  }

  /** Whether this message of ours, still under way, is the one that the server has. */
  same(message) {
    const first = (files) => (files && files[0] ? files[0].id : "");
    return this.text === (message.text || "") && first(this.files) === first(message.files);
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
