/** The desk's event stream. What an event names is fetched anew, so missing one costs nothing once we are back. */

import { signedIn } from "./api.js";

const DOWN_AFTER = 2500; // ms without a stream before it is worth a word
const RETRY_MIN = 1000;
const RETRY_MAX = 15000;

/** Listens until the page is left.
 * @param {(kind: string, data: object) => void} onEvent a `message`, `status`, `deadline`, `delivery`, `contact` or `signs` event
 * @param {() => void} onUp the stream is open, for the first time or again: what was missed should be fetched
 * @param {(down: boolean) => void} onDown how things stand with the stream, when that changes
 * @param {() => void} onSignedOut the session is over */
export function listen(onEvent, onUp, onDown, onSignedOut) {
  let source;
  let down = false;
  let timer = 0;
  let attempt = 0;

  function say(state) {
    clearTimeout(timer);
    timer = 0;
    if (down !== state) onDown((down = state));
  }

  function open() {
    source = new EventSource("/api/desk/events");
    source.onopen = () => {
      attempt = 0;
      say(false);
      onUp();
    };
    source.onerror = () => {
      timer = timer || setTimeout(() => say(true), DOWN_AFTER);
      // The browser tries again by itself, from the last event on, unless the server answered with an error.
      if (source.readyState === EventSource.CLOSED) again();
    };
    for (const kind of ["message", "status", "deadline", "delivery", "contact", "signs"]) {
      source.addEventListener(kind, (event) => onEvent(kind, JSON.parse(event.data)));
    }
  }

  async function again() {
    if ((await signedIn()) === false) return onSignedOut();
    setTimeout(open, Math.min(RETRY_MAX, RETRY_MIN * 2 ** attempt++) * (0.75 + Math.random() / 4));
  }

  open();
}
