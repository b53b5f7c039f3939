// What was done for the team, and whether the record of it is whole.

import { get } from "../api.js";
import { button, el, fill } from "../dom.js";
import { notice, trouble } from "../parts/states.js";
import { counted, fullMoment, moment } from "../words.js";
import { pages, table } from "./pages.js";

const WORDS = {
  "key.created": "Key made", "key.revoked": "Key revoked", "key.rotated": "Key renewed",
  "consent.stated": "Consent stated", "consent.withdrawn": "Consent withdrawn",
  "protected.added": "Person protected", "protected.removed": "Person no longer protected",
  "sources.chosen": "Removal of videos chosen", "label.chosen": "Label chosen",
  "policy.refused": "Refused by a rule", "task.created": "Swap started", "task.cancelled": "Swap cancelled",
  "task.completed": "Swap done", "task.failed": "Swap failed", "result.downloaded": "Result downloaded",
  "data.deleted": "Deleted", "data.expired": "Removed after its time",
};

/** @param {import("../route.js").Place} place @returns {Promise<Node[]>} */
export async function part({ query, signal }) {
  const told = el("div", { "aria-live": "polite" });
  const list = await pages({
    path: "api/console/audit", query: { ref: query.get("ref") ?? "" }, draw, signal,
    nothing: ["list", "Nothing yet", "Keys, consent, swaps, downloads and deletions are listed here."],
  });
  return [
    el("div", {}, el("div.spread", {},
      el("p.soft", {}, "Entries are chained and sealed: one that is changed or removed later is noticed."),
      button("Check that it is whole", (event) => check(event.currentTarget, told, signal), { icon: "shield" })), told),
    list];
}

async function check(pressed, told, signal) {
  pressed.disabled = true;
  fill(told, el("p", {}, el("span.spinner", { "aria-hidden": "true" }), "Reading the whole trail…"));
  try {
    const { intact, count, hash } = await get("api/console/audit/check", {}, signal);
    fill(told, intact
      ? notice("good", "The trail is whole", el("p", {}, `${counted(count, "entry", "entries")} of this server, the last one `,
        el("code", {}, hash.slice(0, 16)), "."))
      : notice("bad", "The trail is not whole",
        el("p", {}, "Something was changed or removed. Whoever runs the server sees what with ",
          el("code", {}, "headswap audit verify"), ".")));
  } catch (error) {
    if (error.name !== "AbortError") fill(told, trouble(error));
  } finally {
    pressed.disabled = false;
  }
}

function draw(entries) {
  return table("Audit trail", ["When", "What", "Who", "About", "More"], entries.map((one) => [
    el("time", { title: fullMoment(one.time) }, moment(one.time)),
    WORDS[one.kind] ?? one.kind,
    one.actor,
    one.ref ? el("code", {}, one.ref) : "–",
    more(one.detail),
  ]));
}

function more(detail) {
  const text = Object.entries(detail).map(([name, value]) =>
    `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`).join(", ");
  if (text.length < 80) return text || "–";
  return el("details", {}, el("summary", {}, `${text.slice(0, 40)}…`), el("span.said", {}, text));
}
