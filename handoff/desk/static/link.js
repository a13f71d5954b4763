/** The page on which somebody says that an address of another channel is theirs. */

import { post } from "./api.js";

const button = document.getElementById("confirm");
const error = document.getElementById("error");

async function confirm() {
  button.disabled = true;
  error.textContent = "";
  try {
    await post("link", { token: button.dataset.token });
    button.hidden = true;
    document.getElementById("done").hidden = false;
  } catch (failed) {
    error.textContent = failed.status ? failed.message : "The server did not answer; please try again.";
    button.disabled = false;
  }
}

if (button) button.addEventListener("click", confirm);
