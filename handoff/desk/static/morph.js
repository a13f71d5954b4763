/** Turns one piece of the page into a newer one by changing only what differs, so that focus, selection, scrolling and
 * what is being typed survive, and a screen reader hears only what is new.
 *
 * Elements are matched by their id, others by their place. In the new markup:
 *   data-keep="x"   an element that has the same value already is left alone altogether;
 *   data-after="n"  (on a list) children whose data-seq is at most n were not sent and stay.
 */

// whether a brief is open is the reader's business, where a menu stands the script's
const OURS = new Set(["open", "style"]);

/** Makes the children of `old` like those of `fresh`. */
export function morph(old, fresh) {
  const partly = fresh.dataset?.after !== undefined;
  const floor = partly ? Number(fresh.dataset.after) : 0;
  const wanted = [...fresh.childNodes].filter((node) => !partly || node.nodeType === Node.ELEMENT_NODE);
  const ids = new Set(wanted.map((node) => node.id).filter(Boolean));
  let at = old.firstChild;
  while (floor && at && !(at.dataset && Number(at.dataset.seq) > floor)) at = at.nextSibling;
  for (const node of wanted) {
    // what is wanted no longer makes room; what is wanted later waits its turn
    while (at && !alike(at, node) && !(at.id && ids.has(at.id)) && (node.id || at.id)) at = removed(at);
    if (at && alike(at, node)) {
      const here = at;
      at = at.nextSibling;
      update(here, node);
      continue;
    }
    const elsewhere = node.id && [...old.children].find((child) => child.id === node.id);
    if (elsewhere && alike(elsewhere, node)) {
      old.insertBefore(elsewhere, at);
      update(elsewhere, node);
    } else {
      if (elsewhere) {
        if (elsewhere === at) at = at.nextSibling;
        elsewhere.remove();
      }
      old.insertBefore(node, at);
    }
  }
  while (at) at = removed(at);
}

function removed(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

function alike(one, other) {
  return one.nodeType === other.nodeType && one.nodeName === other.nodeName && (one.id || "") === (other.id || "");
}

function update(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (fresh.dataset.keep && fresh.dataset.keep === old.dataset.keep) return;
  if (old.isEqualNode(fresh)) return;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !OURS.has(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (!OURS.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  morph(old, fresh);
}
