const FILE_LIMIT = 5; // MB
const FILES_LIMIT = 10; // with one message
const TAKEN = [...PICTURES, "application/pdf"];
const HEIC = /^image\/hei[cf]$/; // taken too, but not asked for: phones then make JPEG of it, which all can look at

/** Files that wait above the input to go with the next message. */
class Tray {
  /** changed(): more or fewer, or further on their way. */
  constructor(words, files, changed) {
    this.words = words;
    this.files = files;
    this.changed = changed;
    this.entries = [];
    this.list = h("ul", { class: "tray", "data-testid": "tray", hidden: true });
    this.trouble = h("p", { class: "trouble", role: "alert", "data-testid": "upload-error" });
    this.node = h("div", {}, this.trouble, this.list);
  }

  get busy() {
    return this.entries.some((entry) => entry.state !== "done");
  }

  get empty() {
    return !this.entries.length;
  }

  /** Takes in what was chosen, dropped or pasted; what cannot be sent is said at once. */
  add(chosen) {
    const refused = [];
    for (const file of chosen) {
      const name = this.words.isolated(file.name);
      const most = this.entries.length >= FILES_LIMIT ? FILES_LIMIT : FILE_LIMIT;
      if (most === FILES_LIMIT) refused.push(["widget_file_many", { most }]);
      else if (file.type && !TAKEN.includes(file.type) && !HEIC.test(file.type)) refused.push(["widget_file_type", { name }]);
      else if (file.size > FILE_LIMIT * 2 ** 20) refused.push(["widget_file_size", { name, most }]);
      else this.begin(file);
    }
    this.say(refused);
    this.changed();
  }

  /** Shows what could not be taken, by labels and their values; nothing hides it. */
  say(troubles) {
    this.told = troubles;
    set(this.trouble, [...new Set(troubles.map(([key, values]) => this.words.label(key, values)))].join(" "));
  }

  begin(file) {
    const entry = { file, name: file.name };
    entry.bar = h("progress", { max: "1", value: "0" });
    entry.retry = h("button", { type: "button", class: "retry", "data-testid": "upload-retry", hidden: true });
    entry.retry.addEventListener("click", () => this.send(entry));
    entry.remove = h("button", { type: "button", class: "plain small", "data-testid": "upload-remove" }, icon(...ICON.close));
    entry.remove.addEventListener("click", () => this.drop(entry));
    const name = h("span", { class: "file-name", dir: "auto" }, file.name);
    const parts = [icon(...ICON.file), h("span", { class: "tray-text" }, name, entry.bar, entry.retry), entry.remove];
    entry.node = h("li", { "data-testid": "upload" }, ...parts);
    this.entries.push(entry);
    this.list.append(entry.node);
    if (PICTURES.includes(file.type)) {
      const canvas = h("canvas", {});
      paint(canvas, file, 36, 36, true)
        .then(() => parts[0].replaceWith(canvas))
        .catch(() => {}); // the icon stays
    }
    this.send(entry);
  }

  async send(entry) {
    entry.state = "sending";
    entry.control = new AbortController();
    this.draw(entry, 0);
    try {
      entry.taken = await this.files.send(entry.file, (share) => this.draw(entry, share), entry.control.signal);
      entry.state = "done";
    } catch (error) {
      if (!this.entries.includes(entry)) return; // taken out meanwhile
      const why = { 413: "widget_file_size", 415: "widget_file_type" }[error.status];
      if (why) {
        const name = this.words.isolated(entry.name);
        this.drop(entry);
        this.say([[why, { name, most: FILE_LIMIT }]]);
        return;
      }
      entry.state = "failed";
    }
    this.draw(entry, 1);
  }

  draw(entry, share) {
    const { words } = this;
    const name = words.isolated(entry.name);
    entry.node.dataset.state = entry.state;
    entry.bar.value = share;
    entry.bar.hidden = entry.state !== "sending";
    entry.bar.setAttribute("aria-label", words.label("widget_file_uploading", { name }));
    entry.retry.hidden = entry.state !== "failed";
    set(entry.retry, words.label("widget_file_failed"));
    entry.remove.setAttribute("aria-label", words.label("widget_file_remove", { name }));
    this.changed();
  }

  drop(entry) {
    entry.control.abort();
    this.entries = this.entries.filter((other) => other !== entry);
    entry.node.remove();
    this.say([]);
    this.changed();
  }

  /** Hands over what is uploaded, and is empty. */
  take() {
    const taken = this.entries.map((entry) => entry.taken);
    this.clear();
    return taken;
  }

  clear() {
    for (const entry of [...this.entries]) this.drop(entry);
    this.say([]);
  }

  /** In another language. */
  relabel() {
    for (const entry of this.entries) this.draw(entry, entry.bar.value);
    this.say(this.told || []);
  }
}
