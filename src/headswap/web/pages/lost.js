// An address that names no page.

import { el, fill } from "../dom.js";
import { empty } from "../parts/states.js";
import { linkTo } from "../route.js";

export const page = {
  title: "No such page",
  /** @param {HTMLElement} host */
  show(host) {
    fill(host, el("h1.unseen", {}, "No such page"),
      empty("search", "There is no such page", "The address may be cut off or old.",
        el("a.button.primary", { href: linkTo("new") }, "Start a new swap")));
  },
};
