// The demo shop's page in the language of its address (?lang=bn), its buttons that open the chat, and who is signed in.
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
    const signedIn = document.getElementById("signed-in");
    for (const option of signedIn.options) if (option.dataset.bn) option.textContent = option.dataset[page.lang];
    signedIn.value = sessionStorage.getItem("signed-in") || "";
    const tell = () => {
      const email = signedIn.value;
      // a shop's server would know who is signed in; the demo's takes our word for its two customers
      const voucher = async () => (await (await fetch(`/demo/voucher?email=${encodeURIComponent(email)}`)).json()).voucher;
      customElements.whenDefined("shohay-widget").then(() => {
        document.querySelector("shohay-widget").identify(email ? voucher : null);
      });
    };
    signedIn.addEventListener("change", () => {
      sessionStorage.setItem("signed-in", signedIn.value);
      tell();
    });
    if (signedIn.value) tell();
    for (const button of document.querySelectorAll("[data-chat]")) {
      button.addEventListener("click", () => document.querySelector("shohay-widget")?.open());
    }
  });
})();
