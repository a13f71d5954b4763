const RIGHT_TO_LEFT = /^(ar|dv|fa|he|ps|sd|ug|ur|yi)\b/;

/** Labels, numbers and times in the customer's language. */
class Words {
  constructor({ languages, labels }) {
    this.languages = languages;
    this.labels = labels;
    this.bound = [];
    this.use(this.first());
  }

  /** The customer's own choice, else the tag's, else the page's, else the browser's, else the shop's first. */
  first() {
    const wishes = [storage.get("language"), options.language, document.documentElement.lang, ...navigator.languages];
    for (const wish of wishes) {
      const code = wish && this.known(wish);
      if (code) return code;
    }
    return this.languages[0].code;
  }

  known(wish) {
    const codes = this.languages.map((language) => language.code);
    const tag = wish.toLowerCase();
    return codes.find((code) => code.toLowerCase() === tag) || codes.find((code) => code === tag.split(/[-_]/)[0]);
  }

  use(code) {
    this.code = code;
    this.direction = RIGHT_TO_LEFT.test(code) ? "rtl" : "ltr";
    this.clock = new Intl.DateTimeFormat(code, { hour: "numeric", minute: "2-digit" });
    this.dayAndMonth = new Intl.DateTimeFormat(code, { weekday: "long", day: "numeric", month: "long" });
    this.relative = new Intl.RelativeTimeFormat(code, { numeric: "auto" });
    this.numbers = new Intl.NumberFormat(code);
    for (const fill of this.bound) fill();
  }

  /** The label of that key with its braces filled; numbers are written in the language's digits. */
  label(key, values = {}) {
    const own = this.labels[this.code] || {};
    const first = this.labels[this.languages[0].code] || {};
    return String(own[key] ?? first[key] ?? "")
      .trim()
      .replace(/\{(\w+)\}/g, (_, name) => {
        const value = values[name] ?? "";
        return typeof value === "number" ? this.numbers.format(value) : value;
      });
  }

  /** Keeps a node's text (or the named attribute) at that label through changes of language. */
  bind(node, key, attribute) {
    const fill = () => {
      if (attribute) node.setAttribute(attribute, this.label(key));
      else node.textContent = this.label(key);
    };
    this.bound.push(fill);
    fill();
    return node;
  }

  /** A name of the customer's own within a label: its direction of writing turns nothing around it. */
  isolated(name) {
    return `\u2068${name}\u2069`;
  }

  /** A file's size, in the unit that keeps it short. */
  size(bytes) {
    const mega = bytes >= 1e6;
    const amount = mega ? bytes / 1e6 : Math.max(1, Math.round(bytes / 1e3));
    const style = { style: "unit", unit: mega ? "megabyte" : "kilobyte", maximumFractionDigits: 1 };
    return new Intl.NumberFormat(this.code, style).format(amount);
  }

  /** Why the server did not take something, as far as it can be said in this language. */
  refusal({ code, message }) {
    return this.label(`widget_refused_${code}`) || (this.code.startsWith("en") ? message : "");
  }

  /** "Today", "Yesterday", else weekday and date. */
  day(date) {
    const midnight = (of) => new Date(of.getFullYear(), of.getMonth(), of.getDate());
    const ago = Math.round((midnight(new Date()) - midnight(date)) / (24 * 3600 * SECOND));
    const text = ago === 0 || ago === 1 ? this.relative.format(-ago, "day") : this.dayAndMonth.format(date);
    return text.charAt(0).toLocaleUpperCase(this.code) + text.slice(1);
  }
}
