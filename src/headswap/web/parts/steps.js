// How far along the way from a video to its result a page is.

import { el, icon } from "../dom.js";

const STEPS = ["Video", "People", "Result"];

/** The way, with one step marked. @param {0|1|2} at @returns {HTMLElement} */
export function steps(at) {
  return el("ol.steps", { "aria-label": "Steps" }, STEPS.map((name, index) =>
    el("li", { class: index < at ? "past" : "", "aria-current": index === at ? "step" : null },
      el("span.dot", {}, index < at ? icon("check") : index + 1),
      el("span", {}, name, index < at && el("span.unseen", {}, ", done")))));
}
