// What can be done with a result: download, copy its address, verify, swap again, delete.

import { fileAddress, post, send } from "../api.js";
import { announce, button, el, fill, icon } from "../dom.js";
import { ask } from "./dialog.js";
import { notice, trouble } from "./states.js";
import { Refusal, Unreachable } from "../sentences.js";
import { goTo, linkTo } from "../route.js";

const LASTS = "It works for a limited time, usually a day.";

/**
 * The actions of a completed task.
 * @param {any} task @param {AbortSignal} signal @returns {HTMLElement}
 */
export function resultActions(task, signal) {
  const told = el("div", { "aria-live": "polite" });
  const href = fileAddress(task.video_url);
  return el("div.stack", {},
    el("div.row.actions", {},
      el("a.button.primary", { href, download: task.file_name, target: "_blank", rel: "noopener" },
        icon("download"), "Download"),
      button("Copy address", () => copy(task.video_url, told), { icon: "copy" }),
      button("Verify", (event) => verify(event.currentTarget, href, told, signal), { icon: "shield" }),
      task.repeatable && el("a.button", { href: linkTo("analysis", task.analysis_id, { from: task._id }) },
        icon("again"), "Again with another photo"),
      button("Delete", () => remove(task, told), { icon: "trash", kind: "quiet" })),
    told);
}

async function copy(url, told) {
  try {
    await navigator.clipboard.writeText(url);
    fill(told, notice("good", "", el("p", {}, `The address is copied. ${LASTS}`)));
  } catch {
    // Without https a browser lends no clipboard: to be copied by hand.
    const field = el("input", { value: url, readonly: true, "aria-label": "The result's address" });
    fill(told, el("div.field", {}, field, el("p.hint", {}, `Copy it from here. ${LASTS}`)));
    field.select();
  }
}

async function verify(pressed, href, told, signal) {
  pressed.disabled = true;
  fill(told, el("p", {}, el("span.spinner", { "aria-hidden": "true" }), "Reading what the file says of itself…"));
  try {
    const file = await fetchFile(href, signal);
    const found = await send("verify", file, { signal });
    const good = found.credentials.state === "valid";
    fill(told, notice(good ? "good" : "fair", good ? "The credentials are valid" : "", el("p", {}, found.sentence)));
  } catch (error) {
    if (error.name === "AbortError") return;
    fill(told, trouble(error));
  } finally {
    pressed.disabled = false;
  }
}

async function fetchFile(href, signal) {
  let response;
  try {
    response = await fetch(href, { signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable();
  }
  if (!response.ok) throw new Refusal(1014, "");
  return response.blob();
}

async function remove(task, told) {
  const sure = await ask({
    title: "Delete this swap?", says: "The result and all that was kept for it are gone for good.",
    yes: "Delete it", danger: true,
  });
  if (!sure) return;
  try {
    await post("api/open/v4/headswap/task/delbyids", { _ids: task._id });
    announce("The swap is deleted.");
    goTo(linkTo("tasks"));
  } catch (error) {
    fill(told, trouble(error));
  }
}
