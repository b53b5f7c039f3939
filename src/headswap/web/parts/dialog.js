// A question in front of the page.

import { el, freshId } from "../dom.js";

/**
 * Asks whether something is to be done.
 * @param {{title: string, says: string, yes: string, danger?: boolean, inside?: Node}} question
 *   yes: what the button says that does it; inside: fields to be filled in before.
 * @returns {Promise<boolean>} false as well when the dialog is closed by Escape.
 */
export function ask({ title, says, yes, danger = false, inside }) {
  const id = freshId("dialog");
  const no = el("button.button", { type: "button" }, "No, go back");
  const box = el("dialog", { "aria-labelledby": id },
    el("form", { method: "dialog" },
      el("h2", { id }, title), el("p", {}, says), inside,
      el("div.row", {}, no,
        el(`button.button.${danger ? "danger" : "primary"}`, { type: "submit", value: "yes" }, yes))));
  no.addEventListener("click", () => box.close(""));
  document.body.append(box);
  return new Promise((resolve) => {
    box.addEventListener("close", () => {
      box.remove();
      resolve(box.returnValue === "yes");
    });
    box.showModal();
  });
}
