const HIDDEN_HANGS_UP = 30 * SECOND;
const POLL_WITHOUT_STREAM = 5 * SECOND;

/** What happens around the widget: connection, visibility, other tabs, the phone's keyboard. */
function watchSurroundings(widget) {
  const { chat } = widget;
  const { client, stream } = chat;
  const goOn = () => client.token && chat.follow();
  window.addEventListener("online", goOn);
  window.addEventListener("offline", () => chat.setOnline(false));
  window.addEventListener("pagehide", () => stream.stop());
  window.addEventListener("pageshow", (event) => event.persisted && goOn());
  // Browsers allow six connections to a server over HTTP/1.1; a tab nobody sees gives its one back.
  let hanging = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hanging);
    if (document.visibilityState === "hidden") hanging = setTimeout(() => stream.stop(), HIDDEN_HANGS_UP);
    else {
      goOn();
      widget.markSeen();
    }
  });
  window.addEventListener("storage", ({ key }) => {
    if (key === "shohay:seen") widget.drawUnread();
    const language = storage.get("language");
    if (key === "shohay:language" && language) widget.speak(language);
    if (key !== "shohay:token") return;
    const token = storage.get("token");
    if (!token && client.token) client.leave(); // signed out there
    else if (token && token !== client.token) {
      client.token = token;
      chat.moved();
    }
  });
  // Where a proxy holds the stream back, the messages come by asking.
  setInterval(() => {
    if (widget.looking && client.token && !stream.alive) chat.sync();
  }, POLL_WITHOUT_STREAM);
  const viewport = window.visualViewport;
  if (!viewport) return;
  const fit = () => {
    if (viewport.scale > 1.01) return; // zoomed by two fingers: the panel stays and is looked at closely
    widget.style.setProperty("--height", `${viewport.height}px`);
    widget.style.setProperty("--top", `${viewport.offsetTop}px`);
    if (widget.opened && widget.panel.atBottom) widget.panel.toBottom();
  };
  viewport.addEventListener("resize", fit);
  viewport.addEventListener("scroll", fit);
  fit();
}
