// People whose photos are refused: added by a photo that is not kept, taken off again.

import { get, post, send } from "../api.js";
import { announce, button, el, fill } from "../dom.js";
import { ask } from "../parts/dialog.js";
import { dropZone } from "../parts/drop.js";
import { takeLostFocus } from "../parts/focus.js";
import { empty, trouble } from "../parts/states.js";
import { fullMoment, moment } from "../words.js";
import { table } from "./pages.js";

/** @param {import("../route.js").Place} place @returns {Promise<Node[]>} */
export async function part({ signal }) {
  const told = el("div", { "aria-live": "polite" });
  const list = el("div");
  const show = async () => {
    const { result } = await get("api/console/protected", {}, signal);
    fill(list, result.length ? draw(result, (one) => attempt(() => remove(one)))
      : empty("team", "Nobody is on the list", "Photos of people on it are refused, however they were taken."));
  };
  const attempt = async (work) => {
    try {
      fill(told);
      await work();
      await show();
      takeLostFocus(list);
    } catch (error) {
      if (error.name !== "AbortError") fill(told, trouble(error));
    }
  };
  await show();
  return [el("div", {}, add(attempt, told, signal), told), list];
}

function add(attempt, told, signal) {
  const name = el("input", { id: "protected-name", maxlength: 200, autocomplete: "off" });
  const take = (file) => {
    if (!name.value.trim()) {
      name.setAttribute("aria-invalid", "true");
      announce("First enter a name for the list.");
      name.focus();
      return;
    }
    name.removeAttribute("aria-invalid");
    attempt(async () => {
      fill(told, el("p", {}, el("span.spinner", { "aria-hidden": "true" }), "Looking at the photo…"));
      const path = `api/console/protected/add?${new URLSearchParams({ name: name.value.trim() })}`;
      await send(path, file, { signal });
      fill(told);
      announce(`Photos of ${name.value.trim()} are refused from now on.`);
      name.value = "";
    });
  };
  return el("section.card", { "aria-labelledby": "protect" },
    el("h2", { id: "protect" }, "Protect a person"),
    el("p.soft", {}, "Their photos are refused from now on. The photo itself is not kept, only what the face is recognised by, encrypted. Several photos make it surer."),
    el("div.stack", {},
      el("div.field", {}, el("label", { for: "protected-name" }, "Name on the list"), name),
      dropZone({
        title: "Drop a photo of the person", choose: "Choose a photo", accept: "image/*", picture: "photo",
        label: "Photo of the person to protect", take, kind: "small",
      })));
}

function draw(people, press) {
  return table("Protected people", ["Name", "Since", "Action"], people.map((one) => [
    one.name,
    el("time", { title: fullMoment(one.create_time) }, moment(one.create_time)),
    button("Take off", () => press(one), { kind: "small", title: `Take ${one.name} off the list` }),
  ]));
}

async function remove(one) {
  const sure = await ask({
    title: `Take ${one.name} off the list?`, says: "What the face is recognised by is forgotten, and photos may be used again.",
    yes: "Take off", danger: true,
  });
  if (!sure) return;
  await post("api/console/protected/remove", { _id: one._id });
  announce(`${one.name} is off the list.`);
}
