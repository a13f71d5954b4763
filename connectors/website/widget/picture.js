/**
 * Paints a picture's content on a canvas: no larger than fits into so many pixels of the screen, or with cover as large as
 * fills them, of which the style sheet shows the middle. A page's img-src, which may allow no blobs, has no say in a canvas.
 * Rejects what the browser cannot read.
 */
async function paint(canvas, blob, width, height, cover) {
  const bitmap = await createImageBitmap(blob);
  const fit = cover ? Math.max : Math.min;
  const scale = Math.min(1, fit(width / bitmap.width, height / bitmap.height));
  const dense = Math.min(3, window.devicePixelRatio || 1) * scale;
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * dense)));
  if (!cover) canvas.style.width = `${bitmap.width * scale}px`;
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
}

/** Calls back once, when the node is to be seen; at once where the browser cannot tell. */
function whenSeen(node, act) {
  if (!window.IntersectionObserver) {
    act();
    return;
  }
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    act();
  });
  observer.observe(node);
}

/** Shows who speaks: the assistant's mark, a person's picture, or else the first letter of their name. */
function avatar(node, author, name, picture, files) {
  const key = JSON.stringify([author, name, picture]);
  if (node.dataset.of === key) return;
  node.dataset.of = key;
  if (author === "bot") {
    node.replaceChildren(icon(...ICON.bot));
    return;
  }
  // A Bengali letter with its vowel sign is several code points and one grapheme.
  const letters = Intl.Segmenter ? [...new Intl.Segmenter().segment(name)].map((part) => part.segment) : [...name];
  node.textContent = (letters[0] || "").toUpperCase();
  if (!picture) return;
  const canvas = h("canvas", { "data-testid": "agent-picture" });
  files
    .content(picture)
    .then((blob) => paint(canvas, blob, 42, 42, true))
    .then(() => node.dataset.of === key && node.replaceChildren(canvas))
    .catch(() => {}); // the letter stays
}
