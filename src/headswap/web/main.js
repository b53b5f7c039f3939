// The beginning: the frame, then the page that the address names, or the sign-in page.

import { get } from "./api.js";
import { el, fill } from "./dom.js";
import { loading, trouble } from "./parts/states.js";
import { here } from "./route.js";
import { key, session } from "./session.js";
import { mark, showShell } from "./shell.js";

const NAMES = ["new", "analysis", "task", "tasks", "analyses", "verify", "team"];
const RELOADED = "headswap-reloaded";
const root = document.getElementById("shell");
let leaving = new AbortController();
let frame = { page: null, signedIn: null };

async function show() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const signedIn = key() !== null;
  const first = frame.page === null;
  if (frame.signedIn !== signedIn) frame = { page: showShell(root, signedIn), signedIn };
  mark();
  const { page: host } = frame;
  const { name, id, query } = here();
  const file = !signedIn ? "signin" : NAMES.includes(name) ? name : "lost";
  host.className = `page-${file}`;
  fill(host, loading());
  try {
    const page = await load(file, signal);
    if (signal.aborted) return;
    document.title = `${page.title} · Headswap`;
    fill(host);
    scrollTo(0, 0);
    const shown = page.show(host, { id, query, signal });
    // At the first page the browser says the title itself.
    if (!first) headingOf(host).focus({ preventScroll: true });
    await shown;
  } catch (error) {
    if (signal.aborted || error.name === "AbortError") return;
    fill(host, el("h1", {}, "Something went wrong"), trouble(error, show));
  }
}

async function load(file, signal) {
  try {
    const { page } = await import(`./pages/${file}.js`);
    sessionStorage.removeItem(RELOADED);
    return page;
  } catch (error) {
    if (!(error instanceof TypeError) || sessionStorage.getItem(RELOADED)) throw error;
    // The server is away, or has been renewed meanwhile and has other files now.
    await get("healthz", {}, signal);
    sessionStorage.setItem(RELOADED, "yes");
    location.reload();
    return new Promise(() => {});
  }
}

function headingOf(host) {
  const heading = host.querySelector("h1") ?? host;
  heading.tabIndex = -1;
  return heading;
}

addEventListener("hashchange", show);
// A file that misses its place must not take the page's.
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
session.addEventListener("begun", show);
session.addEventListener("ended", show);
document.querySelector(".skip").addEventListener("click", (event) => {
  // The address behind # is the page's; it must not change.
  event.preventDefault();
  frame.page.focus();
});
await show();
