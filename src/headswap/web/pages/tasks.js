// The swaps of the team: found, opened, cancelled, deleted.

import { post } from "../api.js";
import { el, fill, icon } from "../dom.js";
import { ask } from "../parts/dialog.js";
import { recordList } from "../parts/record_list.js";
import { recordRow, rowAction } from "../parts/record_row.js";
import { linkTo } from "../route.js";
import { team } from "../team.js";
import { counted, credits, duration } from "../words.js";

const V4 = "api/open/v4/headswap/task";

const KIND = {
  place: "tasks", path: "api/console/tasks", one: "swap", many: "swaps", row,
  nothing: {
    picture: "swap", title: "No swaps yet", says: "What you swap is listed here, with its result.",
    action: newSwap,
  },
};

export const page = {
  title: "Swaps",
  /** @param {HTMLElement} host @param {import("../route.js").Place} place */
  show(host, place) {
    fill(host, el("div.spread.heading", {}, el("h1", {}, "Swaps"), newSwap()), recordList(KIND, place));
  },
};

function newSwap() {
  return el("a.button.primary", { href: linkTo("new") }, icon("plus"), "New swap");
}

function row(task, change) {
  const running = task.status < 3;
  const cost = task.credits ? `${credits(task.credits)}${running ? " held" : ""}` : null;
  return recordRow({
    record: task,
    href: linkTo("task", task._id),
    pictures: [task.thumbnail],
    missing: "swap",
    facts: [
      counted(task.people, "person", "people"), task.resolution, cost,
      running && task.eta_s ? `about ${duration(task.eta_s)} left` : null,
    ],
    actions: [running
      ? rowAction(`Cancel ${task.name}`, "cross", () => change(() => cancel(task)), "end")
      : rowAction(`Delete ${task.name}`, "trash", () => change(() => remove(task)), "end")],
  });
}

async function cancel(task) {
  const sure = await ask({
    title: "Cancel this swap?", says: "What is done so far is lost. Nothing is charged.",
    yes: "Cancel the swap", danger: true,
  });
  if (!sure) return "";
  await post(`${V4}/cancel`, { _id: task._id });
  team(true);
  return "The swap is being cancelled.";
}

async function remove(task) {
  const sure = await ask({
    title: "Delete this swap?", says: "The result and all that was kept for it are gone for good.",
    yes: "Delete it", danger: true,
  });
  if (!sure) return "";
  await post(`${V4}/delbyids`, { _ids: task._id });
  return "The swap is deleted.";
}
