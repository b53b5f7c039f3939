// What the server says of the team, asked for once and kept until something changes it.

import { get } from "./api.js";
import { session } from "./session.js";

/** Tells "changed" with every fresh answer. */
export const teamNews = new EventTarget();
let asked = null;

/**
 * The team: name, credit, held, consent, limits, prices, engines and the rest.
 * @param {boolean} [fresh] asks again.
 * @returns {Promise<any>}
 */
export function team(fresh = false) {
  if (asked === null || fresh) {
    const mine = get("api/console/team");
    asked = mine;
    mine.then(
      (found) => teamNews.dispatchEvent(new CustomEvent("changed", { detail: found })),
      () => { if (asked === mine) asked = null; },
    );
  }
  return asked;
}

session.addEventListener("ended", () => { asked = null; });
