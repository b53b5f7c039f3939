// A searched list of records, page by page, that keeps itself up to date while one is at work.

import { get, pause } from "../api.js";
import { announce, button, el, fill, freshId, icon } from "../dom.js";
import { takeLostFocus } from "./focus.js";
import { empty, loading, trouble } from "./states.js";
import { pager } from "./pager.js";
import { linkTo } from "../route.js";
import { counted } from "../words.js";

const SIZE = 12;
const TYPING_MS = 300;
const AGAIN_MS = 2500;
const STATUSES = [["", "All"], ["2", "Working"], ["1", "Waiting"], ["3", "Done"], ["4", "Failed"]];

/**
 * @typedef {Object} Kind
 * @property {string} place the page's name in the address.
 * @property {string} path of the list.
 * @property {string} one what a record is called.
 * @property {string} many
 * @property {{picture: string, title: string, says: string, action: () => Node}} nothing
 * @property {(record: any, change: (work: () => Promise<string>) => void) => HTMLElement} row what a
 *   list shows of a record; `change` does something to it and says what was done.
 */

/**
 * The list, in the place of all that `host` holds behind its heading.
 * @param {Kind} kind @param {import("../route.js").Place} place @returns {Node[]}
 */
export function recordList(kind, { query, signal }) {
  const asked = {
    q: query.get("q") ?? "", status: query.get("status") ?? "", page: Number(query.get("page")) || 1,
  };
  const list = el("ul.records", { "aria-label": kind.many, "aria-busy": "true" });
  const body = el("div.stack", {}, loading(5));
  const told = el("div", { "aria-live": "polite" });
  const rows = new Map();
  let turn = 0;

  async function show(quietly = false) {
    turn += 1;
    const mine = turn;
    remember(kind.place, asked);
    try {
      const found = await get(kind.path, { ...asked, size: SIZE }, signal);
      if (mine !== turn) return;
      if (!found.result.length && asked.page > 1) { asked.page = lastPage(found); show(); return; }
      draw(found);
      if (!quietly && (asked.q || asked.status)) announce(`${counted(found.count, kind.one, kind.many)} found`);
      if (found.result.some((one) => one.status < 3)) again(mine);
    } catch (error) {
      if (error.name !== "AbortError" && mine === turn) fill(body, trouble(error, () => show()));
    }
  }

  async function again(mine) {
    try {
      await pause(AGAIN_MS, signal);
      // What nobody looks at need not be asked for.
      while (document.hidden) await pause(AGAIN_MS, signal);
    } catch {
      return;
    }
    if (mine === turn) show(true);
  }

  function draw(found) {
    if (!found.count) {
      const { picture, title, says, action } = kind.nothing;
      fill(body, asked.q || asked.status
        ? empty("search", "Nothing found", `No ${kind.one} fits what you look for.`,
          button("Show all", () => { clear(); show(); }))
        : empty(picture, title, says, action()));
      takeLostFocus(form.querySelector("input"));
      return;
    }
    fillRows(list, rows, found.result, (record) => kind.row(record, change));
    list.removeAttribute("aria-busy");
    if (list.parentNode !== body) fill(body, list);
    body.querySelector(".pager")?.remove();
    const pages = pager(asked.page, lastPage(found), (page) => { asked.page = page; show(); scrollTo(0, 0); });
    if (pages) body.append(pages);
  }

  async function change(work) {
    fill(told);
    try {
      const done = await work();
      if (!done) return;
      announce(done);
      await show(true);
    } catch (error) {
      if (error.name !== "AbortError") fill(told, trouble(error));
    }
  }

  const { form, clear } = filters(kind, asked, () => show());
  show();
  return [form, told, body];
}

function lastPage(found) {
  return Math.max(1, Math.ceil(found.count / SIZE));
}

/** Keeps what is looked for in the address, so that a reload shows the same. */
function remember(place, asked) {
  const said = Object.entries(asked).filter(([name, value]) => value && !(name === "page" && value === 1));
  history.replaceState(null, "", linkTo(place, "", Object.fromEntries(said)));
}

/** Puts rows into a list; one whose record is as it was stays, and with it whoever is in it. */
function fillRows(list, rows, records, draw) {
  const fresh = new Map();
  const focused = document.activeElement?.closest?.("[data-act]");
  const at = list.contains(focused) ? [focused.closest("li").dataset.id, focused.dataset.act] : null;
  for (const record of records) {
    const text = JSON.stringify(record);
    const former = rows.get(record._id);
    const element = former?.text === text ? former.element : draw(record);
    element.dataset.id = record._id;
    fresh.set(record._id, { text, element });
  }
  rows.clear();
  for (const [id, row] of fresh) rows.set(id, row);
  const wanted = [...fresh.values()].map(({ element }) => element);
  if (wanted.length !== list.children.length || wanted.some((one, i) => list.children[i] !== one)) {
    list.replaceChildren(...wanted);
  }
  if (at && !list.contains(document.activeElement)) {
    const row = fresh.get(at[0])?.element;
    (row?.querySelector(`[data-act="${at[1]}"]`) ?? row?.querySelector("a") ?? list.querySelector("a"))?.focus();
  }
}

function filters(kind, asked, show) {
  const id = freshId("search");
  const search = el("input", {
    id, type: "search", value: asked.q, placeholder: "Name, address or id", autocomplete: "off", spellcheck: "false",
  });
  const choose = el("select", { "aria-label": "Status" },
    STATUSES.map(([value, word]) => el("option", { value, selected: value === asked.status }, word)));
  let timer = 0;
  const look = () => { asked.q = search.value.trim(); asked.page = 1; show(); };
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, TYPING_MS); });
  choose.addEventListener("change", () => { asked.status = choose.value; asked.page = 1; show(); });
  const form = el("form.filters", { role: "search", on: { submit: (event) => {
    event.preventDefault();
    clearTimeout(timer);
    look();
  } } },
  el("div.searching", {}, el("label.unseen", { for: id }, `Search ${kind.many}`), icon("search"), search), choose);
  const clear = () => {
    Object.assign(asked, { q: "", status: "", page: 1 });
    search.value = choose.value = "";
    search.focus();
  };
  return { form, clear };
}
