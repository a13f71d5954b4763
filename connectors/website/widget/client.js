/** A random id of 128 bits; crypto.randomUUID is missing on pages without https. */
function randomId() {
  return crypto.getRandomValues(new Uint32Array(4)).join("-");
}

const REQUEST_TIMEOUT = 15 * SECOND;
const RECONNECT_MIN = 1 * SECOND;
const RECONNECT_MAX = 15 * SECOND;

/** Milliseconds to wait before the given attempt (from 0): doubling, capped, with jitter. */
function backoff(attempt) {
  return Math.min(RECONNECT_MAX, RECONNECT_MIN * 2 ** attempt) * (0.75 + Math.random() / 4);
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** An answer that was not the one asked for; status 0 means that none came. Code and message are the server's. */
class Failure extends Error {
  constructor(status, error) {
    super(error?.message || "");
    this.status = status;
    this.code = error?.code;
  }

  /** Whether the same request may succeed a little later. */
  get passing() {
    return this.status === 0 || this.status >= 500;
  }
}

/**
 * fetch with a time limit unless a signal is given; throws a Failure for every answer but a good one.
 * Paths are the website API's, those with a slash in front the server's.
 */
async function call(method, path, { body, headers, signal } = {}) {
  const control = new AbortController();
  const timer = signal ? 0 : setTimeout(() => control.abort(), REQUEST_TIMEOUT);
  const response = await fetch(new URL(path, API), {
    method,
    headers: body ? { "Content-Type": "application/json", ...headers } : headers,
    body: body && JSON.stringify(body),
    credentials: "omit",
    cache: path === "labels" ? "default" : "no-store",
    signal: signal || control.signal,
  })
    .catch(() => {
      throw new Failure(0);
    })
    .finally(() => clearTimeout(timer));
  if (response.ok) return response;
  const { status } = response;
  const answer = await response.json().catch(() => null);
  throw new Failure(status, answer?.error); // not our server's (a proxy's page, say) has nothing to show
}

/** The website API as one customer: keeps the session, renews it when the server no longer knows it. */
class Client {
  /**
   * language(): of a new session; forgotten(): the session is gone; created(token): a new one is there;
   * moved(): another one of the same customer has taken its place; left(): it was left for good, and nothing of it may
   * come any more.
   */
  constructor(hooks) {
    this.hooks = hooks;
    this.token = storage.get("token");
    this.wanted = false; // the customer has opened the panel, so a lost session is worth renewing
    this.creating = null;
  }

  session() {
    if (this.token) return Promise.resolve(this.token);
    if (!this.creating) {
      this.creating = this.create().finally(() => {
        this.creating = null;
      });
    }
    return this.creating;
  }

  async create() {
    const response = await call("POST", "sessions", { body: { language: this.hooks.language() } });
    const { token } = await response.json();
    this.token = token;
    storage.set("token", token);
    this.hooks.created(token);
    return token;
  }

  /** Tells whom the shop vouches for; a chat that is somebody else's is left for a new one. */
  async identify(voucher) {
    this.wanted = true; // an order can be asked about from the first message on
    try {
      storage.set("identified", "yes"); // before the answer, which may be lost when the server has it already
      await this.vouch(voucher);
    } catch (error) {
      if (error.status !== 409) throw error;
      this.leave();
      storage.set("identified", "yes");
      await this.vouch(voucher);
    }
  }

  /** Who is known from another device goes on there: the answer then brings that chat's token. */
  async vouch(voucher) {
    const { token } = await this.json("POST", "identity", { voucher });
    if (token) this.move(token);
  }

  /** Goes on in another session. */
  move(token) {
    this.token = token;
    storage.set("token", token);
    this.hooks.moved();
  }

  /** The customer has signed out: what was theirs is not shown to whoever comes next. */
  leave() {
    storage.remove("identified");
    storage.remove("token");
    this.hooks.left();
    if (this.token) this.forget(this.token);
  }

  forget(token) {
    if (this.token !== token) return;
    const stored = storage.get("token"); // another tab may have renewed it already
    this.token = stored === token ? null : stored;
    if (!this.token) storage.remove("token");
    this.hooks.forgotten();
  }

  /** Resolves to act(token), done once more in a new session where the server no longer knows this one. */
  async authorized(act) {
    for (let renewed = false; ; renewed = true) {
      if (!this.token && !this.wanted) throw new Failure(401);
      const token = await this.session();
      try {
        return await act(token);
      } catch (error) {
        if (error.status !== 401) throw error;
        this.forget(token);
        if (renewed) throw error;
      }
    }
  }

  /** Resolves to the Response, or throws a Failure. */
  request(method, path, extra = {}) {
    return this.authorized((token) => {
      const headers = { Authorization: `Bearer ${token}`, ...extra.headers };
      return call(method, path, { ...extra, headers });
    });
  }

  async json(method, path, body) {
    const response = await this.request(method, path, { body });
    try {
      return await response.json();
    } catch {
      throw new Failure(0); // cut off in the middle
    }
  }
}
