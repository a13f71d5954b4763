const STREAM_DEAD_AFTER = 40 * SECOND; // the server sends a heartbeat every 15 s

/** Reads server-sent events out of text that arrives in arbitrary pieces. */
class EventParser {
  constructor(emit) {
    this.emit = emit;
    this.rest = "";
    this.id = null;
    this.clear();
  }

  clear() {
    this.type = "message";
    this.data = [];
  }

  push(text) {
    // A lone "\r" at the end may be half of "\r\n"; it waits for the next piece.
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop();
    for (const line of lines) this.line(line);
  }

  line(line) {
    if (!line) {
      if (this.data.length) this.emit(this.type, this.data.join("\n"), this.id);
      this.clear();
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return; // a comment: the heartbeat
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.type = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id") this.id = value;
  }
}

/** The event stream, kept up: reconnects from where it was, gives up only with the session or when stopped. */
class EventStream {
  /** opened(): connected; heard(type, data): an event; failed(times): not connected, so many times in a row. */
  constructor(client, { opened, heard, failed }) {
    this.client = client;
    this.hooks = { opened, heard, failed };
    this.control = null;
    this.token = null;
    this.lastId = null;
    this.alive = false;
  }

  /** Starts, or hurries the next attempt. */
  start() {
    if (this.control) {
      if (this.wake) this.wake();
      return;
    }
    this.control = new AbortController();
    this.run(this.control);
  }

  stop() {
    if (!this.control) return;
    this.control.abort();
    this.control = null;
    this.alive = false;
    if (this.wake) this.wake();
  }

  /** From the beginning, for another session. */
  restart() {
    this.stop();
    this.lastId = null;
    this.start();
  }

  async run(control) {
    const stopped = control.signal;
    let failures = 0;
    while (!stopped.aborted) {
      try {
        await this.connect(stopped, () => {
          failures = 0;
        });
      } catch (error) {
        if (error.status === 401 && !this.client.token && !this.client.wanted) this.stop();
      }
      if (stopped.aborted) return;
      this.alive = false;
      failures += 1;
      this.hooks.failed(failures);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, backoff(failures - 1));
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.wake = null;
    }
  }

  /** One connection, until it ends or has been silent too long. */
  async connect(stopped, living) {
    const control = new AbortController();
    const abort = () => control.abort();
    stopped.addEventListener("abort", abort);
    let timer = setTimeout(abort, STREAM_DEAD_AFTER);
    try {
      this.token = null;
      const headers = { Accept: "text/event-stream" };
      if (this.lastId) headers["Last-Event-ID"] = this.lastId;
      const response = await this.client.request("GET", "events", { headers, signal: control.signal });
      this.token = this.client.token;
      this.hooks.opened();
      const parser = new EventParser((type, data, id) => {
        if (id) this.lastId = id;
        this.hooks.heard(type, data);
      });
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || stopped.aborted) return;
        clearTimeout(timer);
        timer = setTimeout(abort, STREAM_DEAD_AFTER);
        this.alive = true;
        living();
        parser.push(decoder.decode(value, { stream: true }));
      }
    } finally {
      clearTimeout(timer);
      stopped.removeEventListener("abort", abort);
    }
  }
}
