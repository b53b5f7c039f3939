// How the swap is to be made, what it costs, and the start.

import { el, fill, freshId, icon } from "../dom.js";
import { nameField } from "./consent.js";
import { notice } from "./states.js";
import { credits, number } from "../words.js";

const SAYS = { "480p": "Faster, smaller", "720p": "Sharper" };

/**
 * The panel.
 * @param {{team: any, seconds: number, draft: import("./draft.js").Draft, needsName: boolean,
 *   onChange: () => void, onStart: () => Promise<void>}} given
 *   seconds: those begun; onChange: `draft` has been changed, or the name.
 * @returns {{element: HTMLElement, show: (missing: string, chosen: number) => void,
 *   tell: (...inside: Node[]) => void}} missing: what is to be done before the start, or "".
 */
export function orderPanel({ team, seconds, draft, needsName, onChange, onStart }) {
  const cost = el("div.cost");
  const told = el("div", { "aria-live": "assertive" });
  const hintId = freshId("missing");
  const hint = el("p.hint", { id: hintId });
  const start = el("button.button.primary.wide", { type: "submit", "aria-describedby": hintId },
    icon("swap"), el("span", {}, "Start the swap"));
  const form = el("form.card.stack.order", { novalidate: true },
    el("h2", {}, "The result"), resolutions(team, draft, onChange), sound(draft, onChange),
    needsName && nameField(onChange), cost, told, start, hint);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (start.disabled) return;
    start.disabled = true;
    await onStart();
    start.disabled = false;
  });
  const show = (missing, chosen) => {
    const price = seconds * team.prices[draft.resolution];
    const enough = team.credit >= price;
    fill(cost, figures(price, team, seconds, draft.resolution), !enough && tooFew(price, team.credit));
    hint.textContent = enough ? missing || ready(chosen) : "";
    start.setAttribute("aria-disabled", String(Boolean(missing) || !enough));
  };
  return { element: form, show, tell: (...inside) => fill(told, inside) };
}

function resolutions(team, draft, onChange) {
  const name = freshId("resolution");
  return el("fieldset.choices", {}, el("legend.label", {}, "Resolution"),
    Object.entries(team.prices).map(([resolution, price]) => {
      const radio = el("input", {
        type: "radio", name, value: resolution, checked: draft.resolution === resolution,
        on: { change: () => { draft.resolution = resolution; onChange(); } },
      });
      return el("label.choice", {}, radio, el("span", {}, el("b", {}, resolution),
        el("small.soft", {}, SAYS[resolution]), el("small.soft", {}, `${number(price)} per s`)));
    }));
}

function sound(draft, onChange) {
  const box = el("input", {
    type: "checkbox", checked: draft.sound,
    on: { change: () => { draft.sound = box.checked; onChange(); } },
  });
  return el("label.tick", {}, box, el("span", {}, "Keep the original sound"));
}

function figures(price, team, seconds, resolution) {
  const left = team.credit - price;
  return el("dl.figures", {},
    el("dt", {}, "Costs"), el("dd", {}, el("b", {}, credits(price)),
      el("small.soft", {}, ` ${seconds} s × ${number(team.prices[resolution])}`)),
    el("dt", {}, "You have"), el("dd", {}, credits(team.credit)),
    left >= 0 && [el("dt", {}, "Left then"), el("dd", {}, credits(left))]);
}

function tooFew(price, have) {
  return notice("bad", "Not enough credits",
    el("p", {}, `This costs ${credits(price)}, the team has ${number(have)}. Choose a lower resolution `
      + "or a shorter video, or ask whoever runs this server for credits."));
}

function ready(chosen) {
  const heads = chosen === 1 ? "One head is" : `${chosen} heads are`;
  return `${heads} swapped. Credits are taken when it is done; nothing if it fails.`;
}
