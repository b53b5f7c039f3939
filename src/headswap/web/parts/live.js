// A task while it runs: how far, how long still, and its newest frame.

import { fileAddress, get, pause, post } from "../api.js";
import { button, el, fill } from "../dom.js";
import { follow } from "../events.js";
import { ask } from "./dialog.js";
import { progressCard } from "./progress.js";
import { trouble } from "./states.js";
import { duration } from "../words.js";

const FRAME_EVERY_MS = 700;

/**
 * Shows a task in `stage` until it has ended.
 * @param {HTMLElement} stage @param {any} task @param {AbortSignal} signal
 */
export async function watchTask(stage, task, signal) {
  const told = el("div", { "aria-live": "assertive" });
  const image = el("img", { alt: "The newest frame" });
  const frame = el("figure.live-frame", { hidden: true }, image, el("figcaption.hint", {}, "The newest frame"));
  const cancel = button("Cancel", () => cancelTask(task._id, told), { kind: "danger" });
  const card = progressCard("Waiting for its turn", frame, told,
    el("div.spread", {}, el("p.hint", {}, "You can close this page; the swap goes on."), cancel));
  fill(stage, card.element);
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  showFrames(task, frame, image, both).catch(() => {});
  try {
    await follow("api/open/v4/headswap/task/events", { _id: task._id }, (event) => {
      tell(card, event);
      return event.status < 3;
    }, signal);
  } finally {
    stop.abort();
  }
}

function tell(card, { status, progress, eta_s: left }) {
  if (status === 1) {
    card.tell("Waiting for its turn", null, "Other work is done first.");
    return;
  }
  const says = left === null || left === undefined ? "The time left is not known yet."
    : left < 5 ? "A few seconds left." : `About ${duration(left)} left.`;
  card.tell("Swapping heads", progress / 100, says);
  document.title = `${progress} % · Headswap`;
}

async function showFrames(task, figure, image, signal) {
  for (let shown = null; ; await pause(FRAME_EVERY_MS, signal)) {
    const { frame } = await get("api/console/task", { _id: task._id }, signal);
    if (!frame || frame === shown) continue;
    shown = frame;
    const next = new Image();
    next.src = fileAddress(frame);
    try {
      await next.decode();
    } catch {
      // A newer one has taken its place meanwhile.
      continue;
    }
    image.src = next.src;
    figure.hidden = false;
  }
}

async function cancelTask(id, told) {
  const sure = await ask({
    title: "Cancel this swap?", says: "What has been done so far is lost. Nothing is charged.",
    yes: "Cancel the swap", danger: true,
  });
  if (!sure) return;
  try {
    await post("api/open/v4/headswap/task/cancel", { _id: id });
  } catch (error) {
    fill(told, trouble(error));
  }
}
