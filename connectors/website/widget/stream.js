const STREAM_DEAD_AFTER = 40 * SECOND; // the server sends a heartbeat every 15 s

/** Reads server-sent events out of text that arrives in arbitrary pieces, and calls heard(type, data, id) for each. */
function eventReader(heard) {
  let rest = "";
  return (text) => {
    const events = (rest + text.replace(/\r/g, "")).split("\n\n");
    rest = events.pop();
    for (const event of events) {
      const found = { event: "message", data: "" };
      for (const line of event.split("\n")) {
        const [field, value] = line.split(/: ?([^]*)/); // a heartbeat has no field
        found[field] = field === "data" ? found.data + value : value;
      }
      if (found.data) heard(found.event, found.data, found.id);
    }
  };
}

/** The event stream, kept up: reconnects from where it was, gives up only with the session or when stopped. */
class EventStream {
  /** hooks: opened(): connected; heard(type, data): an event; failed(times): not connected, so many times in a row. */
  constructor(client, hooks) {
    this.client = client;
    this.hooks = hooks;
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
      const read = eventReader((type, data, id) => {
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
        read(decoder.decode(value, { stream: true }));
      }
    } finally {
      clearTimeout(timer);
      stopped.removeEventListener("abort", abort);
    }
  }
}
