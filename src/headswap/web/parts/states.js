// What a page shows in place of its content: loading, nothing there, something wrong.

import { button, el, icon } from "../dom.js";
import { sentenceOf } from "../sentences.js";

/** Grey bars where content will be. @param {number} [lines] @returns {HTMLElement} */
export function loading(lines = 3) {
  const bars = Array.from({ length: lines }, () => el("span.bone"));
  return el("div.bones", { "aria-busy": "true" }, el("span.unseen", {}, "Loading"), bars);
}

/**
 * That there is nothing yet, and what to do about it.
 * @param {string} picture an icon's name @param {string} title @param {string} says
 * @param {Node} [action] @returns {HTMLElement}
 */
export function empty(picture, title, says, action) {
  return el("div.empty", {}, icon(picture, "large"), el("h2", {}, title), el("p", {}, says), action);
}

/**
 * That something went wrong.
 * @param {unknown} error @param {() => unknown} [again] what a button tries again.
 * @returns {HTMLElement}
 */
export function trouble(error, again) {
  return el(
    "div.notice.bad",
    { role: "alert" },
    icon("alert"),
    el("div", {}, el("p", {}, sentenceOf(error)), again && button("Try again", again, { kind: "small" })),
  );
}

/**
 * A box that tells something.
 * @param {"good"|"fair"|"bad"|"plain"} kind @param {string} title
 * @param {...unknown} inside @returns {HTMLElement}
 */
export function notice(kind, title, ...inside) {
  const picture = { good: "check", fair: "alert", bad: "alert", plain: "info" }[kind];
  return el(`div.notice.${kind}`, { role: kind === "bad" ? "alert" : null },
    icon(picture), el("div", {}, title && el("p", {}, el("strong", {}, title)), inside));
}

/** A status of the API as a coloured word. @param {number} status 1 to 4 @returns {HTMLElement} */
export function statusPill(status, record = {}) {
  const cancelled = status === 4 && /cancel/i.test(record.error_reason ?? "");
  const [word, kind] = {
    1: ["Waiting", "plain"], 2: ["Working", "busy"], 3: ["Done", "good"],
    4: cancelled ? ["Cancelled", "plain"] : ["Failed", "bad"],
  }[status];
  return el(`span.pill.${kind}`, {}, word);
}
