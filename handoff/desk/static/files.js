/** How a file looks that is not in the transcript yet. */

const SHOWN = ["image/jpeg", "image/png", "image/webp", "image/gif"];
const HIGH = 150; // px at most, and as wide as that leaves

export function element(tag, className, text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  return node;
}

/** One of the page's drawings. */
export function icon(name) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  made.setAttribute("class", "icon");
  made.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  made.append(use);
  return made;
}

/** As the transcript says it. */
export function size(bytes) {
  const kilobytes = bytes / 1024;
  return kilobytes < 1024 ? `${Math.max(1, Math.round(kilobytes))} KB` : `${(kilobytes / 1024).toFixed(1)} MB`;
}

/** The picture, painted once for each entry; a drawing of a sheet for what is none. */
export function thumbnail(entry) {
  if (entry.painted) return entry.painted;
  entry.painted = icon("file");
  if (entry.file && SHOWN.includes(entry.type)) paint(entry);
  return entry.painted;
}

/** On a canvas: the page's own policy allows no pictures but those of the server. */
async function paint(entry) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(entry.file);
  } catch {
    return; // its name does as well
  }
  const dense = Math.min(3, devicePixelRatio || 1);
  const scale = Math.min(1, (HIGH * dense) / bitmap.height, (2 * HIGH * dense) / bitmap.width);
  const canvas = element("canvas", "thumbnail");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  entry.painted.replaceWith(canvas);
  entry.painted = canvas;
}
