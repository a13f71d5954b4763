/** The sign-in page, and the page for those who have no place at the desk. */

import { post, signedIn, signOut } from "./api.js";

const form = document.getElementById("sign-in");
const error = document.getElementById("error");
const out = document.getElementById("sign-out");

function complain(sentence, field) {
  error.textContent = sentence;
  for (const input of form.querySelectorAll("input")) input.setAttribute("aria-invalid", String(input === field));
  if (field) field.focus();
}

async function signIn() {
  const button = form.querySelector("button");
  const { name, password } = form.elements;
  if (!name.value.trim()) return complain("Please enter your name.", name);
  if (!password.value) return complain("Please enter your password.", password);
  complain("");
  button.disabled = true;
  try {
    await post("login", { name: name.value.trim(), password: password.value });
    location.reload(); // the same address, now with what stands there
  } catch (failed) {
    complain(failed.status ? failed.message : "The server did not answer; please try again.");
    password.select();
    button.disabled = false;
  }
}

if (form) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    signIn();
  });
  // Who follows a link from another site comes without the cookie (SameSite=Strict), though signed in: ask again
  // from here, once.
  if (document.referrer && !document.referrer.startsWith(location.origin) && !sessionStorage.getItem("asked-again")) {
    sessionStorage.setItem("asked-again", "yes");
    signedIn().then((yes) => yes && location.replace(location.href));
  }
}

if (out) {
  out.addEventListener("click", () => {
    signOut().catch(() => {
      error.textContent = "The server did not answer; please try again.";
    });
  });
}
