// The demo shop's page in the language of its address (?lang=bn), and its buttons that open the chat.
// Runs in the head, before anything is drawn, so that the other language never flashes up.
(() => {
  "use strict";
  const page = document.documentElement;
  const wish = new URLSearchParams(location.search).get("lang");
  page.lang = wish === "bn" ? "bn" : "en";

  document.addEventListener("DOMContentLoaded", () => {
    document.title = page.lang === "bn" ? page.dataset.titleBn : page.dataset.titleEn;
    for (const link of document.querySelectorAll(".languages a")) {
      if (link.lang === page.lang) link.setAttribute("aria-current", "true");
    }
    for (const button of document.querySelectorAll("[data-chat]")) {
      button.addEventListener("click", () => document.querySelector("shohay-widget")?.open());
    }
  });
})();
