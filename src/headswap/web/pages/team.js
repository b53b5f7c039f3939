// The team: its credits and choices, keys, webhooks, protected people, and what was done.

import { el, fill } from "../dom.js";
import { loading, trouble } from "../parts/states.js";
import { linkTo } from "../route.js";

const PARTS = [
  ["", "Overview", "overview"], ["credits", "Credits", "ledger"], ["keys", "Keys", "keys"],
  ["webhooks", "Webhooks", "webhooks"], ["protected", "Protected people", "protected"], ["audit", "Audit trail", "audit"],
];

export const page = {
  title: "Team",
  /** @param {HTMLElement} host @param {import("../route.js").Place} place */
  async show(host, place) {
    const [name, , file] = PARTS.find(([one]) => one === place.id) ?? PARTS[0];
    const body = el("div.stack.loose", {}, loading(5));
    fill(host,
      el("div.heading", {}, el("h1", {}, "Team")),
      el("nav.tabs", { "aria-label": "Parts of the team's page" }, PARTS.map(([one, label]) =>
        el("a", { href: linkTo("team", one), "aria-current": one === name ? "page" : null }, label))),
      body);
    host.querySelector(".tabs [aria-current]").scrollIntoView({ block: "nearest", inline: "center" });
    const show = async () => {
      try {
        const { part } = await import(`../team/${file}.js`);
        fill(body, await part(place));
      } catch (error) {
        if (error.name === "AbortError") return;
        fill(body, trouble(error, show));
      }
    };
    await show();
  },
};
