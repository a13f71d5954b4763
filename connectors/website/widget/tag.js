/*
 * The Shohay chat widget. On any page:
 *
 *   <script src="https://shop.example/widget.js" defer></script>
 *
 * docs/widget.md tells its attributes and what a page can do with it. It talks to the server it was loaded from, sets no
 * cookie, and lives in one <shohay-widget> element whose shadow root holds everything. All words come from the server
 * (data/phrases/widget.yml); what the server says is only ever set as text.
 *
 * The files of this folder are joined in one function, in the order that connectors/website/bundle.py names.
 */
const NAME = "shohay-widget";
const script = document.currentScript || document.querySelector('script[src*="/widget.js"]');
const options = script ? script.dataset : {};
const API = new URL("/api/website/", new URL((script && script.src) || location.href, location.href));

const SECOND = 1000;
const WHOLE_SCREEN = "(max-width: 480px), (max-height: 480px)"; // as in style.css
