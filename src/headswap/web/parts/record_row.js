// One record in a list: a picture, its name and what is to be known of it, and what can be done.

import { fileAddress } from "../api.js";
import { button, el, icon } from "../dom.js";
import { failureOf } from "../sentences.js";
import { statusPill } from "./states.js";
import { fullMoment, moment } from "../words.js";

/**
 * The row.
 * @param {{record: any, href: string, pictures: (string|null)[], missing: string, facts: (string |
 *   null | false)[], actions: HTMLElement[]}} given missing: the icon where there is no picture.
 * @returns {HTMLElement}
 */
export function recordRow({ record, href, pictures, missing, facts, actions }) {
  const made = el("time", { title: fullMoment(record.create_time) }, moment(record.create_time));
  const told = facts.filter(Boolean).flatMap((fact) => [" ", el("span", {}, fact)]);
  return el("li.record", {},
    thumbnail(pictures, missing),
    el("div.about", {},
      el("a.name", { href, "data-act": "open" }, record.name),
      el("p.hint.bits", {}, made, told),
      record.status === 4 && el("p.hint.reason", {}, reasonOf(record))),
    el("div.state", {},
      statusPill(record.status, record),
      record.expired && el("span.hint", {}, "files removed"),
      record.status < 3 && progress(record)),
    el("div.acts", {}, actions));
}

/**
 * A button of a row.
 * @param {string} label what is heard: it names the record @param {string} picture
 * @param {() => unknown} press @param {string} act its name among the row's buttons
 */
export function rowAction(label, picture, press, act) {
  const made = button(label, press, { icon: picture, kind: "quiet", only: true });
  made.dataset.act = act;
  return made;
}

function thumbnail(pictures, missing) {
  const there = pictures.filter(Boolean).slice(0, 4);
  if (!there.length) return el("div.thumb.none", { "aria-hidden": "true" }, icon(missing));
  return el("div.thumb", { "aria-hidden": "true", class: there.length > 1 ? "many" : "" },
    there.map((url) => {
      const picture = el("img", { src: fileAddress(url), alt: "", loading: "lazy" });
      // A file may go while the list is looked at.
      picture.addEventListener("error", () => picture.remove(), { once: true });
      return picture;
    }));
}

function reasonOf(record) {
  const { title, reason } = failureOf(record);
  if (title === "Cancelled") return "Nothing was charged.";
  return `${title}: ${reason.replace(/obj_id (\d+)/g, (_, id) => `Person ${Number(id) + 1}`)}`;
}

function progress(record) {
  const label = `${record.progress} %`;
  return el("div.bar", {
    role: "progressbar", "aria-label": `Progress of ${record.name}`, "aria-valuemin": 0, "aria-valuemax": 100,
    "aria-valuenow": record.progress, "aria-valuetext": label, title: label,
  }, el("span", { style: { "--share": record.progress / 100 } }));
}
