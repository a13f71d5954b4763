/** What the browser keeps for this page's origin, or memory until the page is left where it keeps nothing. */
function kept(area) {
  try {
    const store = area();
    store.setItem("shohay:probe", "");
    store.removeItem("shohay:probe");
    return {
      get: (key) => store.getItem(`shohay:${key}`),
      set(key, value) {
        try {
          store.setItem(`shohay:${key}`, value);
        } catch {
          // Full: what is not kept is asked for again on the next page.
        }
      },
      remove: (key) => store.removeItem(`shohay:${key}`),
    };
  } catch {
    const memory = new Map();
    return {
      get: (key) => memory.get(key) ?? null,
      set: (key, value) => memory.set(key, value),
      remove: (key) => memory.delete(key),
    };
  }
}

const storage = kept(() => localStorage); // all tabs
const session = kept(() => sessionStorage); // this tab, from page to page
