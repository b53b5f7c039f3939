// A bar that fills, with a sentence above it.

import { el } from "../dom.js";

/**
 * A progress bar.
 * @param {string} label what is going on, for screen readers.
 * @returns {{element: HTMLElement, show: (share: number|null) => void}} share: 0 to 1, or null
 *   while nobody knows.
 */
export function bar(label) {
  const inner = el("span");
  const element = el("div.bar", {
    role: "progressbar", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100,
  }, inner);
  const show = (share) => {
    element.classList.toggle("unknown", share === null);
    if (share === null) {
      element.removeAttribute("aria-valuenow");
      return;
    }
    element.setAttribute("aria-valuenow", String(Math.round(share * 100)));
    inner.style.setProperty("--share", String(share));
  };
  show(null);
  return { element, show };
}

/**
 * A card with a title, a bar and a sentence that change.
 * @param {string} title
 * @param {...Node} below
 * @returns {{element: HTMLElement, tell: (title: string, share: number|null, says: string) => void}}
 */
export function progressCard(title, ...below) {
  const heading = el("h2", {}, title);
  const percent = el("b.figures");
  const says = el("p.soft.figures");
  const { element, show } = bar(title);
  const card = el("section.card.progress", {},
    el("div.spread", {}, heading, percent), element, says, below);
  const tell = (name, share, text) => {
    if (heading.textContent !== name) heading.textContent = name;
    element.setAttribute("aria-label", name);
    percent.textContent = share === null ? "" : `${Math.round(share * 100)} %`;
    says.textContent = text;
    show(share);
  };
  return { element: card, tell };
}
