// What a video or a picture says of itself: content credentials, and the mark in its picture.

import { get, send } from "../api.js";
import { el, fill, icon } from "../dom.js";
import { dropZone } from "../parts/drop.js";
import { trouble } from "../parts/states.js";
import { linkTo } from "../route.js";
import { fullMoment, size } from "../words.js";

const STATES = {
  valid: ["good", "Valid", "Signed, and not changed since."],
  invalid: ["bad", "Broken", "Changed or damaged after it was signed. What it claims counts for nothing."],
  missing: ["plain", "None", "Most uploads and conversions remove them; the mark may still be there."],
};

export const page = {
  title: "Verify",
  /** @param {HTMLElement} host @param {import("../route.js").Place} place */
  show(host, { signal }) {
    const told = el("div", { "aria-live": "polite" });
    fill(host,
      el("div.heading", {}, el("h1", {}, "Verify"),
        el("p.soft", {}, "Find out whether heads in a video or a picture were replaced here. The file is read and not kept.")),
      el("div.stack.loose.narrow", {},
        dropZone({
          title: "Drop a video or a picture here", choose: "Choose a file", accept: "video/*,image/*",
          picture: "shield", label: "File to verify", take: (file) => check(file, told, signal),
        }),
        told));
  },
};

let turn = 0;

async function check(file, told, signal) {
  turn += 1;
  const mine = turn;
  const says = el("p", {}, el("span.spinner", { "aria-hidden": "true" }), `Sending ${file.name}, ${size(file.size)}…`);
  fill(told, says);
  try {
    const onProgress = (share) => { if (share === 1) says.lastChild.textContent = "Reading what it says of itself…"; };
    const found = await send("verify", file, { signal, onProgress });
    const task = await known(found, signal);
    if (mine === turn) fill(told, verdict(file, found, task));
  } catch (error) {
    if (error.name !== "AbortError" && mine === turn) fill(told, trouble(error, () => check(file, told, signal)));
  }
}

/** The id of the swap it comes from, if that is one of this team's. */
async function known(found, signal) {
  const id = found.credentials.task_id ?? found.mark.task_id;
  if (!id || id.length !== 24) return null;
  try {
    await get("api/open/v4/headswap/task/detail", { _id: id }, signal);
    return id;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return null;
  }
}

function verdict(file, found, task) {
  const { credentials, mark } = found;
  const made = credentials.state === "valid" || mark.found;
  return el("section.card.verdict", { "aria-label": "What was found" },
    el("h2", {}, file.name),
    el("p.notice", { class: credentials.state === "invalid" ? "bad" : made ? "good" : "plain" },
      icon(credentials.state === "invalid" ? "alert" : made ? "check" : "info"), el("span", {}, found.sentence)),
    el("dl.facts", {},
      fact("Credentials", state(credentials)),
      credentials.signer && fact("Signed by", credentials.signer,
        credentials.self_made
          ? "This certificate was made by the server itself; it proves that nothing was changed, not who signed."
          : "The name in the certificate; nobody checks here whether it is true."),
      credentials.made_with && fact("Made with", credentials.made_with),
      credentials.time && fact("Made", fullMoment(Date.parse(credentials.time))),
      fact("Invisible mark", mark.found ? "Found in the picture" : "Not found"),
      (credentials.task_id ?? mark.task_id) && fact("Swap", task
        ? el("a", { href: linkTo("task", task) }, task)
        : el("code", {}, credentials.task_id ?? mark.task_id)),
      credentials.problems?.length && fact("Problems", el("code", {}, credentials.problems.join(", ")))));
}

function state(credentials) {
  const [kind, word, says] = STATES[credentials.state];
  return el("span", {}, el(`span.pill.${kind}`, {}, word), " ", el("span.hint", {}, says));
}

function fact(name, value, hint) {
  return [el("dt", {}, name), el("dd", {}, value, hint && el("p.hint", {}, hint))];
}
