// A long list of the team's page, newest first, page by page.

import { get } from "../api.js";
import { el, fill } from "../dom.js";
import { takeLostFocus } from "../parts/focus.js";
import { pager } from "../parts/pager.js";
import { empty, trouble } from "../parts/states.js";

const SIZE = 20;

/**
 * The list.
 * @param {{path: string, query?: object, draw: (records: any[]) => Node, nothing: [string, string,
 *   string], signal: AbortSignal}} given nothing: icon, title and sentence where there is none.
 * @returns {Promise<HTMLElement>} its `renew` shows the first page again.
 */
export async function pages({ path, query = {}, draw, nothing, signal }) {
  const host = el("div.stack");
  const show = async (page) => {
    const found = await get(path, { ...query, page, size: SIZE }, signal);
    const last = Math.ceil(found.count / SIZE);
    fill(host, found.count ? draw(found.result) : empty(...nothing), pager(page, last, go));
  };
  const go = (page) => show(page).then(() => { scrollTo(0, 0); takeLostFocus(host); }, (error) => {
    if (error.name !== "AbortError") fill(host, trouble(error, () => go(page)));
  });
  await show(1);
  host.renew = () => go(1);
  return host;
}

/**
 * A table; on a phone each row is a card whose cells say what they are.
 * @param {string} label @param {string[]} heads @param {unknown[][]} rows @param {number[]} [figures]
 *   columns of figures, set to the right.
 * @returns {HTMLElement}
 */
export function table(label, heads, rows, figures = []) {
  const kind = (i) => (figures.includes(i) ? "figures right" : "");
  return el("table.table", { "aria-label": label },
    el("thead", {}, el("tr", {}, heads.map((head, i) => el("th", { scope: "col", class: kind(i) }, head)))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell, i) =>
      el("td", { "data-head": heads[i], class: kind(i) }, el("span", {}, cell)))))));
}
