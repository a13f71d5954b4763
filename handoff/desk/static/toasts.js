/** Short words over the page: a sentence about what was just tried, and notices of what happened elsewhere. */

const SENTENCE = 7000; // ms
const NOTICE = 12000; // ms
const MOST = 3; // notices at once; an older one makes room

const find = (id) => document.getElementById(id);
let sentenceTimer = 0;

/** One sentence, in the place of the one before. */
export function tell(sentence) {
  clearTimeout(sentenceTimer);
  find("toast").textContent = sentence;
  sentenceTimer = setTimeout(() => (find("toast").textContent = ""), SENTENCE);
}

/** Something about a conversation that is not being looked at; a newer notice about it takes the older one's place.
 * @param {string} conversation its id
 * @param {string} text one line
 * @param {string} mood `calm`, `near` or `late` */
export function notice(conversation, text, mood = "calm") {
  find(`notice-${conversation}`)?.remove();
  const line = document.createElement("li");
  line.id = `notice-${conversation}`;
  line.dataset.mood = mood;
  line.dataset.testid = "notice";
  const words = document.createElement("a");
  words.href = `/desk/conversations/${encodeURIComponent(conversation)}`;
  words.dataset.conversation = conversation;
  words.dir = "auto";
  words.textContent = text;
  const away = document.createElement("button");
  away.type = "button";
  away.textContent = "×";
  away.setAttribute("aria-label", "Put away");
  away.addEventListener("click", () => line.remove());
  line.append(words, away);
  find("notices").append(line);
  while (find("notices").children.length > MOST) find("notices").firstElementChild.remove();
  leaveLater(line);
}

/** The notice about this conversation is no longer needed: it is being looked at. */
export function settled(conversation) {
  find(`notice-${conversation}`)?.remove();
}

/** It goes by itself, but not from under somebody's pointer or focus. */
function leaveLater(line) {
  setTimeout(() => (line.matches(":hover, :focus-within") ? leaveLater(line) : line.remove()), NOTICE);
}
