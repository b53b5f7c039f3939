// The team's keys: made, shown once, revoked.

import { get, post } from "../api.js";
import { announce, button, el, fill } from "../dom.js";
import { ask } from "../parts/dialog.js";
import { takeLostFocus } from "../parts/focus.js";
import { notice, trouble } from "../parts/states.js";
import { end } from "../session.js";
import { fullMoment, moment } from "../words.js";
import { table } from "./pages.js";

/** @param {import("../route.js").Place} place @returns {Promise<Node>} */
export async function part({ signal }) {
  const host = el("div.stack");
  const told = el("div", { "aria-live": "polite" });
  const list = el("div");
  const show = async () => {
    const { result } = await get("api/console/keys", {}, signal);
    fill(list, draw(result, (key) => attempt(() => revoke(key))));
    takeLostFocus(list);
  };
  const attempt = async (work) => {
    try {
      await work();
      await show();
    } catch (error) {
      if (error.name !== "AbortError") fill(told, trouble(error));
    }
  };
  const make = () => attempt(async () => {
    const made = await post("api/console/keys/create", {});
    fill(told, shownOnce(made, () => fill(told)));
  }).then(() => told.querySelector("input")?.select());
  fill(host,
    el("div.spread", {}, el("p.soft", {}, "A key signs in to this console and lets programs work for the team."),
      button("Make a key", make, { icon: "plus", kind: "primary" })),
    told, list);
  await show();
  return host;
}

function shownOnce({ client_id: id, key }, close) {
  const field = el("input.mono", { value: key, readonly: true, "aria-label": "The new key" });
  const copied = async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(key);
      announce("The key is copied.");
    } catch {
      announce("Copy it from the field.");
    }
  };
  return notice("good", "Here is the new key. It is shown this once.",
    el("p", {}, "Keep it like a password. Its id is ", el("code", {}, id), "."),
    field,
    el("div.row", {}, button("Copy", copied, { icon: "copy", kind: "small" }),
      button("I have kept it", close, { kind: "small" })));
}

function draw(keys, press) {
  return table("Keys", ["Id", "Made", "State", "Action"], keys.map((key) => [
    el("code", {}, key.client_id),
    el("time", { title: fullMoment(key.create_time) }, moment(key.create_time)),
    key.revoke_time
      ? el("span.pill.plain", { title: fullMoment(key.revoke_time) }, "Revoked")
      : el("span.pill.good", {}, key.in_use ? "In use by you" : "Works"),
    key.revoke_time ? "–" : button(`Revoke${key.in_use ? " my key" : ""}`, () => press(key),
      { kind: "small danger", title: `Revoke the key ${key.client_id}` }),
  ]));
}

async function revoke(key) {
  const sure = await ask({
    title: "Revoke this key?", says: "Programs that use it stop working at once. A revoked key stays revoked.",
    yes: "Revoke it", danger: true,
  });
  if (!sure || (key.in_use && !(await reallyMine()))) return;
  await post("api/console/keys/revoke", { client_id: key.client_id, sure: key.in_use });
  announce("The key is revoked.");
  if (key.in_use) end("You revoked the key that you were signed in with.");
}

function reallyMine() {
  return ask({
    title: "It is the key you are signed in with", yes: "Revoke my own key", danger: true,
    says: "You will be signed out, and need another key to come back. Do you have one?",
  });
}
