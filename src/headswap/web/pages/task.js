// The third step: a swap while it runs, and its result beside the original.

import { fileAddress, get } from "../api.js";
import { announce, el, fill } from "../dom.js";
import { failure } from "../parts/failure.js";
import { watchTask } from "../parts/live.js";
import { reportCard } from "../parts/report.js";
import { resultActions } from "../parts/result_actions.js";
import { notice } from "../parts/states.js";
import { steps } from "../parts/steps.js";
import { viewer } from "../parts/viewer.js";
import { linkTo } from "../route.js";
import { team } from "../team.js";
import { counted, credits, fullMoment, moment } from "../words.js";

const DETAIL = "api/console/task";

export const page = {
  title: "Swap",
  /** @param {HTMLElement} host @param {import("../route.js").Place} place */
  async show(host, { id, signal }) {
    const heading = el("h1", {}, "Your swap");
    const about = el("p.soft");
    const stage = el("div");
    fill(host, el("div.stack.loose", {}, steps(2), el("div", {}, heading, about), stage));
    let task = await get(DETAIL, { _id: id }, signal);
    tellAbout(about, task);
    if (task.status < 3) {
      await watchTask(stage, task, signal);
      task = await get(DETAIL, { _id: id }, signal);
      team(true);
      announce(task.status === 3 ? "The swap is done." : "The swap has failed.");
    }
    document.title = `${task.status === 3 ? "Done" : "Failed"} · Headswap`;
    tellAbout(about, task);
    fill(stage, ...(task.status === 4 ? failed(task) : completed(task, signal)));
  },
};

function tellAbout(line, task) {
  const cost = task.deduction_duration > 0 && ` · ${credits(task.deduction_duration)}`;
  fill(line, task.name, " · ", task.resolution, cost, " · ",
    el("time", { title: fullMoment(task.create_time) }, moment(task.create_time)));
}

function failed(task) {
  const again = linkTo("analysis", task.analysis_id, { from: task._id });
  return [failure(task,
    task.repeatable && el("a.button.primary", { href: again }, "Try again"),
    el("a.button", { href: linkTo("new") }, "Use another video"))];
}

function completed(task, signal) {
  if (task.expired || !task.video_url) {
    return [notice("plain", "This result has been removed",
      el("p", {}, "Results are kept for some days only."),
      el("a.button", { href: linkTo("new") }, "Start a new swap"))];
  }
  const frameCount = task.report.frame_count;
  const fps = task.video?.fps ?? frameCount / task.video_duration;
  const shown = viewer({
    result: fileAddress(task.video_url), original: fileAddress(task.source), fps, frameCount, signal,
  });
  return [el("div.stack.loose", {}, shown.element,
    el("div.beside", {}, el("div.stack.loose", {}, resultActions(task, signal), keys()),
      reportCard(task.report, fps, shown.seek)))];
}

function keys() {
  return el("p.hint.keys", {}, el("kbd", {}, "Space"), " plays, ", el("kbd", {}, "←"), " ", el("kbd", {}, "→"),
    " go one frame back and on, with ", el("kbd", {}, "Shift"), " ", counted(10, "frame"),
    ". On the wipe itself the arrows move the wipe.");
}
