const PICTURES = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/** A file of a message: a picture to look at, else its name; pressed, it is saved. */
function attachment(file, words, files) {
  const name = h("span", { class: "file-name", dir: "auto" }, file.name);
  const size = h("span", { class: "file-size" }, words.size(file.size));
  const look = { class: "file", "data-testid": "file", "data-type": file.type };
  if (file.status !== "here") return h("span", look, icon(...ICON.file), name);
  const button = h("button", { type: "button", ...look }, icon(...ICON.file), name, size);
  button.setAttribute("aria-label", words.label("widget_file_download", { name: words.isolated(file.name) }));
  button.addEventListener("click", () => {
    button.disabled = true;
    files
      .save(file)
      .catch(() => button.classList.add("away"))
      .finally(() => {
        button.disabled = false;
      });
  });
  if (PICTURES.includes(file.type)) {
    whenSeen(button, async () => {
      const canvas = h("canvas", {});
      try {
        await paint(canvas, await files.content(`/files/${file.id}`), 240, 200);
      } catch {
        return; // its name does as well
      }
      button.classList.add("picture");
      button.replaceChildren(canvas);
    });
  }
  return button;
}
