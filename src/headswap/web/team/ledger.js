// Every movement of the team's credits.

import { el } from "../dom.js";
import { linkTo } from "../route.js";
import { team } from "../team.js";
import { credits, fullMoment, moment, number } from "../words.js";
import { pages, table } from "./pages.js";

const WORDS = { grant: "Granted", hold: "Held for a swap", give_back: "Given back", take: "Used" };

/** @param {import("../route.js").Place} place @returns {Promise<unknown[]>} */
export async function part({ signal }) {
  const [{ credit, held }, list] = await Promise.all([team(true), pages({
    path: "api/console/ledger", draw, signal,
    nothing: ["coins", "No movements yet", "Credits that are granted, held and used are listed here."],
  })]);
  return [el("p", {}, el("b.figures", {}, credits(credit)), " left",
    held ? `, ${number(held)} more held for swaps at work.` : "."), list];
}

function draw(entries) {
  return table("Movements of credits", ["When", "What", "Change", "Left", "About"], entries.map((one) => [
    el("time", { title: fullMoment(one.time) }, moment(one.time)),
    WORDS[one.kind],
    one.kind === "take" ? `${number(one.used)} of what was held` : signed(one.amount),
    number(one.balance),
    one.task_id ? el("a", { href: linkTo("task", one.task_id) }, "the swap") : one.note || "–",
  ]), [2, 3]);
}

function signed(amount) {
  return amount > 0 ? `+${number(amount)}` : number(amount).replace("-", "\u2212");
}
