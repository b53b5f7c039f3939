// The statement that the people shown agreed: a tick for each photo, a name for all.

import { el, freshId } from "../dom.js";
import { keepStatedBy, statedBy } from "./draft.js";

const STATEMENT = "the person in the photo and the people in the video agreed";

/**
 * The tick of a photo.
 * @param {{name: string, stated: any, agreed: boolean, onChange: (agreed: boolean) => void}} given
 *   stated: what is stated for the whole team, or null.
 * @returns {HTMLElement}
 */
export function consentTick({ name, stated, agreed, onChange }) {
  const box = el("input", {
    type: "checkbox", checked: agreed, on: { change: () => onChange(box.checked) },
  });
  const says = stated
    ? el("span", {}, `Agreed, as ${stated.by} stated for the team: “${stated.statement}”, for ${stated.scope}.`)
    : el("span", {}, "The person in this photo and the people in the video agreed to this swap.");
  return el("label.tick.consent", {}, box, el("span", {}, el("span.unseen", {}, `${name}: `), says));
}

/**
 * The field for who states it; needed where nothing is stated for the team.
 * @param {() => void} onChange @returns {HTMLElement}
 */
export function nameField(onChange) {
  const id = freshId("stated-by");
  const input = el("input", {
    id, value: statedBy(), autocomplete: "name", maxlength: 200, "aria-describedby": `${id}-says`,
    on: { input: () => { keepStatedBy(input.value.trim()); onChange(); } },
  });
  return el("div.field", {},
    el("label", { for: id }, "Your name"), input,
    el("p.hint", { id: `${id}-says` }, "Kept with the result, as who stated that everybody agreed."));
}

/**
 * What is sent with a mapping; undefined where the team's own statement counts.
 * @param {any} stated @returns {string|undefined}
 */
export function statement(stated) {
  // Both signs part the statement from the name and from what it is for.
  return stated ? undefined : `${statedBy().replace(/[:;]/g, " ").trim()}: ${STATEMENT}`;
}
