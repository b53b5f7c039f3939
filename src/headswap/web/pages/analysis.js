// The second step: who is in the video, whose heads they get, and the start.

import { fileAddress, get, post } from "../api.js";
import { announce, el, fill } from "../dom.js";
import { onceKey } from "../ids.js";
import { cast } from "../parts/cast.js";
import { failure } from "../parts/failure.js";
import { progressCard } from "../parts/progress.js";
import { notice } from "../parts/states.js";
import { steps } from "../parts/steps.js";
import { untilEnded } from "../parts/watch.js";
import { goTo, linkTo } from "../route.js";
import { team } from "../team.js";
import { counted } from "../words.js";

const DETAIL = "api/console/analysis";
const LEAVE = "You can leave this page and come back.";

export const page = {
  title: "People",
  /** @param {HTMLElement} host @param {import("../route.js").Place} place */
  async show(host, { id, query, signal }) {
    const heading = el("h1", {}, "People in the video");
    const name = el("p.soft.file-name");
    const stage = el("div");
    fill(host, el("div.stack.loose", {}, steps(1), el("div", {}, heading, name), stage));
    const card = progressCard("Looking for people");
    const analysis = await untilEnded(DETAIL, id, (record) => {
      name.textContent = record.name;
      if (!card.element.isConnected) fill(stage, card.element);
      tellProgress(card, record);
    }, signal);
    name.textContent = analysis.name;
    if (analysis.status === 4) {
      heading.textContent = "This video cannot be used";
      fill(stage, failure(analysis, el("a.button.primary", { href: linkTo("new") }, "Use another video")));
      return;
    }
    if (analysis.expired || !analysis.source) {
      fill(stage, expired(analysis, signal));
      return;
    }
    const [mine, before] = await Promise.all([
      team(true), query.has("from") ? get("api/console/task", { _id: query.get("from") }, signal) : null,
    ]);
    if (signal.aborted) return;
    const found = counted(analysis.people.length, "person", "people");
    if (card.element.isConnected) announce(`Found ${found}.`);
    fill(stage, cast({ analysis, source: fileAddress(analysis.source), team: mine, before, signal }));
  },
};

function tellProgress(card, { status, progress }) {
  if (status === 1) card.tell("Waiting for its turn", null, `Other work is done first. ${LEAVE}`);
  else card.tell("Looking for people", progress / 100, `Every frame is looked at, once. ${LEAVE}`);
}

function expired(analysis, signal) {
  const again = async () => {
    const body = { video_url: analysis.video_url, type: "head" };
    const { _id: id } = await post("api/open/v4/headswap/analyze", body, { once: onceKey(), signal });
    goTo(linkTo("analysis", id));
  };
  return notice("plain", "The files of this video have been removed",
    el("p", {}, "Files are kept for some days only. If the video's address still works, it can be analysed again."),
    el("div.row", {},
      el("button.button.primary", { type: "button", on: { click: again } }, "Analyse it again"),
      el("a.button", { href: linkTo("new") }, "Use another video")));
}
