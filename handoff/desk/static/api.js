/** The desk's JSON API: changes with the page's CSRF token, errors as one sentence for a person. */

const TIMEOUT = 15000; // ms
const UPLOAD_TIMEOUT = 120000;
const NO_ANSWER = "The server did not answer.";

/** What the server refused or the network lost; `status` is 0 when no answer came, so it may have happened or not.
 * `code` is the server's word for why. */
export class Failed extends Error {
  constructor(status, message, code = "") {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Posts `body` and returns the answer's JSON, null when it has none.
 * @throws {Failed} */
export function post(path, body = {}, headers = {}) {
  return ask("POST", path, JSON.stringify(body), { "Content-Type": "application/json", ...headers });
}

/** Posts a file as it is, and what it is called; see `post`. */
export function upload(path, file, name = "") {
  const headers = { "Content-Type": file.type || "application/octet-stream", "X-File-Name": encodeURIComponent(name) };
  return ask("POST", path, file, headers, UPLOAD_TIMEOUT);
}

/** Takes away what is at `path`; see `post`. */
export function remove(path) {
  return ask("DELETE", path);
}

async function ask(method, path, body, headers = {}, timeout = TIMEOUT) {
  const token = document.querySelector('meta[name="csrf-token"]');
  let response;
  try {
    response = await fetch(`/api/desk/${path}`, {
      method,
      headers: { ...(token && { "X-CSRF-Token": token.content }), ...headers },
      body,
      signal: AbortSignal.timeout(timeout),
    });
  } catch {
    throw new Failed(0, NO_ANSWER);
  }
  if (response.ok) return response.status === 204 ? null : whole(response);
  let error = { message: "Something went wrong on our side." };
  try {
    const told = (await response.json()).error;
    if (told.message) error = told;
  } catch {
    // Not our server's words (a proxy's page, or JSON of its own): the sentence above stands.
  }
  throw new Failed(response.status, error.message, error.code);
}

/** What a good answer says; one that broke off, or is not our server's, is none. */
async function whole(response) {
  try {
    return await response.json();
  } catch {
    throw new Failed(0, NO_ANSWER);
  }
}

/** Whether somebody is still signed in; null when the server did not answer. */
export async function signedIn() {
  try {
    const response = await fetch("/api/desk/me", { signal: AbortSignal.timeout(TIMEOUT) });
    return response.ok ? true : response.status === 401 || response.status === 403 ? false : null;
  } catch {
    return null;
  }
}

/** Ends the session here and at the server, and shows the sign-in page. */
export async function signOut() {
  try {
    await post("logout");
  } catch (error) {
    if (error.status !== 401) throw error; // it was over already
  }
  sessionStorage.clear(); // unsent drafts
  location.replace("/desk");
}
