/** The picture that customers see beside one's name: chosen, replaced, taken away. */

import { remove, upload } from "./api.js";
import { tell } from "./toasts.js";

const MOST = 512 * 1024; // bytes
const find = (id) => document.getElementById(id);

/** Makes the menu work that opens at one's name. */
export function install() {
  find("picture-file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    event.target.value = ""; // the same file may be chosen again
    if (file) await change(() => give(file), "Customers see your picture now.");
  });
  find("picture-choose").addEventListener("click", () => find("picture-file").click());
  find("picture-remove").addEventListener("click", () => change(() => remove("picture"), "Your picture is gone."));
}

async function give(file) {
  // said here too: a large file need not be sent to hear it
  if (file.size > MOST) return tell("The picture is larger than 512 KB; please choose a smaller one.");
  return (await upload("picture", file)).picture;
}

async function change(step, sentence) {
  const buttons = find("picture-menu").querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  try {
    const path = await step();
    if (path !== undefined) {
      show(path);
      find("picture-menu").hidePopover();
      tell(sentence);
    }
  } catch (failed) {
    if (failed.status === 401) location.reload();
    tell(failed.status ? failed.message : "The server did not answer; please try again.");
  }
  for (const button of buttons) button.disabled = false;
}

/** @param {string | null} path where it is; null for none */
function show(path) {
  for (const face of document.querySelectorAll("[data-my-face]")) {
    const initial = document.body.dataset.me.slice(0, 1);
    if (!path) face.replaceChildren(initial);
    else face.replaceChildren(Object.assign(document.createElement("img"), { src: path, alt: "" }));
  }
  find("picture-remove").hidden = !path;
}
