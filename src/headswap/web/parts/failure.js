// Why an analysis or a task failed, and what can be done.

import { el, icon } from "../dom.js";
import { failureOf } from "../sentences.js";

/**
 * A card about a failed record.
 * @param {{error_code?: number, error_reason?: string}} record
 * @param {...Node} actions @returns {HTMLElement}
 */
export function failure(record, ...actions) {
  const { title, reason, advice } = failureOf(record);
  return el("section.card.failure", { role: "alert" },
    icon("alert", "large"),
    el("div.stack", {},
      el("h2", {}, title),
      reason && el("p", {}, sentence(reason.replace(/\bobj_id (\d+)/g, named))),
      advice && el("p.soft", {}, advice),
      actions.length > 0 && el("div.row", {}, actions)));
}

// The API counts people from 0, the tiles from 1.
const named = (_, objId) => `person ${Number(objId) + 1}`;

function sentence(text) {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
