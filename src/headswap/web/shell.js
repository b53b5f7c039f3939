// The frame around every page: name, navigation, credits, theme, and the banner of a lost server.

import { connection } from "./api.js";
import { announce, button, el, fill, icon } from "./dom.js";
import { here, linkTo } from "./route.js";
import { end } from "./session.js";
import { team, teamNews } from "./team.js";
import { nextTheme, theme } from "./theme.js";
import { number } from "./words.js";

const PLACES = [
  ["new", "New swap", "plus"],
  ["tasks", "Swaps", "swap"],
  ["analyses", "Videos", "film"],
  ["verify", "Verify", "shield"],
  ["team", "Team", "team"],
];
// Pages that are reached through another one belong to it.
const WITHIN = { analysis: "new", task: "tasks" };
const THEMES = { system: ["contrast", "system"], light: ["sun", "light"], dark: ["moon", "dark"] };

/**
 * Puts the frame into `root`.
 * @param {HTMLElement} root
 * @param {boolean} signedIn without it there are name, theme and page alone.
 * @returns {HTMLElement} the element that pages fill.
 */
export function showShell(root, signedIn) {
  const page = el("main", { id: "page", tabindex: "-1" });
  fill(
    root,
    banner(),
    el("header.top", {},
      el("a.brand", { href: linkTo("new") }, icon("brand"), el("span", {}, "Headswap")),
      signedIn && navigation(),
      el("div.tools", {}, signedIn && purse(), themeSwitch(), signedIn && signOut())),
    page,
    el("footer.foot", {},
      el("a", { href: "docs" }, "API"), el("span", { "aria-hidden": "true" }, "·"),
      el("span", {}, "Every result says that it was made by Headswap.")),
  );
  root.classList.toggle("signed-out", !signedIn);
  mark();
  return page;
}

/** Marks the place in the navigation where the address is. */
export function mark() {
  const { name } = here();
  for (const link of document.querySelectorAll("nav.places a")) {
    const at = link.dataset.place === (WITHIN[name] ?? name);
    if (at) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function navigation() {
  return el("nav.places", { "aria-label": "Pages" },
    PLACES.map(([name, label, picture]) =>
      el("a", { href: linkTo(name), "data-place": name }, icon(picture), el("span", {}, label))));
}

function purse() {
  const figure = el("b", {}, "…");
  const link = el("a.purse", { href: linkTo("team") }, figure, el("span", {}, "credits"));
  const show = ({ credit }) => { figure.textContent = number(credit); };
  const stop = new AbortController();
  teamNews.addEventListener("changed", (news) => {
    if (link.isConnected) show(news.detail);
    else stop.abort();
  }, { signal: stop.signal });
  // What goes wrong here the page itself meets too, and tells.
  team().then(show, () => {});
  return link;
}

function themeSwitch() {
  const change = button("", () => { nextTheme(); show(); announce(`Theme: ${theme()}`); },
    { kind: "quiet", only: true, icon: "contrast" });
  const show = () => {
    const [picture, word] = THEMES[theme()];
    const says = `Theme: ${word}. Change it`;
    fill(change, icon(picture), el("span.unseen", {}, says));
    change.title = says;
  };
  show();
  return change;
}

function signOut() {
  return button("Sign out", () => end(), { kind: "quiet", only: true, icon: "leave" });
}

function banner() {
  const text = el("span");
  const box = el("div.banner", { role: "status", hidden: true }, icon("offline"), text);
  connection.addEventListener("lost", () => {
    text.textContent = "The server does not answer. Trying again…";
    box.hidden = false;
  });
  connection.addEventListener("found", () => {
    box.hidden = true;
    announce("The server answers again.");
  });
  return box;
}
