// A place to drop a file on, with a button for those who choose it in a dialog.

import { button, el, icon } from "../dom.js";

/**
 * A drop zone.
 * @param {{title: string, says?: string, choose: string, accept: string, picture: string,
 *   label: string, take: (file: File) => unknown, kind?: string}} given choose: what the button
 *   says; label: what the file field is called by screen readers.
 * @returns {HTMLElement}
 */
export function dropZone({ title, says, choose, accept, picture, label, take, kind = "" }) {
  const input = el("input.unseen", {
    type: "file", accept, tabindex: "-1", "aria-label": label,
    on: { change: () => { if (input.files.length) take(input.files[0]); input.value = ""; } },
  });
  const zone = el(
    "div.drop", { class: kind },
    icon(picture, kind === "small" ? "" : "large"),
    el("p.drop-title", {}, title),
    says && el("p.hint", {}, says),
    button(choose, () => input.click(), { kind: kind === "small" ? "small" : "primary", icon: "upload" }),
    input,
  );
  takeDrops(zone, take);
  return zone;
}

/**
 * Has an element take files that are dropped on it.
 * @param {HTMLElement} zone @param {(file: File) => unknown} take
 */
export function takeDrops(zone, take) {
  let depth = 0;
  const over = (by) => { depth = Math.max(0, depth + by); zone.classList.toggle("over", depth > 0); };
  zone.addEventListener("dragenter", (event) => { event.preventDefault(); over(1); });
  zone.addEventListener("dragleave", () => over(-1));
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    over(0);
    const [file] = event.dataTransfer.files;
    if (file) take(file);
  });
}
