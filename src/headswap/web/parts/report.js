// What a swap did and did not do: nothing that was left as it was goes unmentioned.

import { button, el, icon } from "../dom.js";
import { personName } from "./person_tile.js";
import { clock, counted } from "../words.js";

/**
 * The report of a completed task.
 * @param {any} report as the API shows it @param {number} fps
 * @param {(frame: number) => void} seek @returns {HTMLElement}
 */
export function reportCard(report, fps, seek) {
  return el("section.card.stack", {}, el("h2", {}, "What was done"),
    report.people.map((person) => personReport(person, fps, seek)),
    el("p.hint", {}, `Drawn by ${report.engine} on ${report.device}, ${counted(report.frame_count, "frame")}.`));
}

function personReport(person, fps, seek) {
  const left = person.not_swapped;
  const all = left.length === 0;
  const frames = counted(person.frames_swapped, "frame");
  return el("div.person-report", {},
    el("h3", {}, icon(all ? "check" : "alert", all ? "good" : "fair"), personName(person.obj_id)),
    el("p", {}, all ? `Swapped in every frame they are in: ${frames}.` : `Swapped in ${frames}. Left as they were:`),
    !all && ranges(left, fps, seek),
    person.strained.length > 0 && el("details", {},
      el("summary", {}, `Worth a look: ${counted(person.strained.length, "stretch", "stretches")}`),
      el("p.hint", {}, "Swapped, but turned further than the photo shows."), ranges(person.strained, fps, seek)));
}

function ranges(list, fps, seek) {
  return el("ul.ranges", {}, list.map(({ first, last, reason }) => {
    const from = clock(first / fps);
    const times = first === last ? from : `${from} to ${clock((last + 1) / fps)}`;
    return el("li", {},
      button(times, () => seek(first), { kind: "small", title: "Show it" }),
      el("span", {}, `${counted(last - first + 1, "frame")}: ${reason}`));
  }));
}
