// From page to page of a long list.

import { button, el } from "../dom.js";

/**
 * Buttons to the pages beside this one; null where there is one page alone.
 * @param {number} page from 1 @param {number} last @param {(page: number) => unknown} go
 * @returns {HTMLElement|null}
 */
export function pager(page, last, go) {
  if (last < 2) return null;
  const to = (label, picture, target) => {
    const step = button(label, () => go(target), { icon: picture });
    step.disabled = target < 1 || target > last;
    return step;
  };
  return el("nav.pager", { "aria-label": "Pages of the list" },
    to("Newer", "back", page - 1),
    el("span.figures", {}, `${page} of ${last}`),
    to("Older", "next", page + 1));
}
