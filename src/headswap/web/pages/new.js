// The first step: a video, dropped, chosen, or named by its address.

import { fileAddress, get, post, send } from "../api.js";
import { button, el, fill, icon } from "../dom.js";
import { onceKey } from "../ids.js";
import { dropZone } from "../parts/drop.js";
import { progressCard } from "../parts/progress.js";
import { notice, trouble } from "../parts/states.js";
import { steps } from "../parts/steps.js";
import { faultOf } from "../parts/video_check.js";
import { goTo, linkTo } from "../route.js";
import { team } from "../team.js";
import { fileName, moment, size } from "../words.js";

const V4 = "api/open/v4/headswap";
const RECENT = 4;

export const page = {
  title: "New swap",
  /** @param {HTMLElement} host @param {import("../route.js").Place} place */
  async show(host, { signal }) {
    const told = el("div.told", { "aria-live": "assertive" });
    const stage = el("div.stack.loose");
    fill(host, el("div.stack.loose", {},
      steps(0),
      el("div", {}, el("h1", {}, "New swap"),
        el("p.soft", {}, "Start with the video. You choose the photos when the people in it have been found.")),
      told, stage));
    const { limits } = await team();
    if (signal.aborted) return;
    choose({ stage, told, limits, signal });
  },
};

function choose(view) {
  const { stage, limits, signal } = view;
  const recent = el("section", { hidden: true });
  fill(stage, el("div.card.stack.loose", {}, fileZone(view), el("p.or", {}, "or"), addressForm(view)), recent);
  // Without it the page is as useful; what is wrong with the server shows in the rest of it.
  showRecent(recent, signal).catch(() => {});
}

function fileZone(view) {
  const { min_s: min, max_s: max, max_mb: mb } = view.limits;
  return dropZone({
    title: "Drop a video here",
    says: `${min} to ${max} seconds, up to ${mb} MB. MP4, MOV, WebM or MKV.`,
    choose: "Choose a video",
    accept: "video/*,.mkv",
    picture: "film",
    label: "Video file",
    take: (file) => upload(view, file),
  });
}

function addressForm(view) {
  const input = el("input", {
    id: "address", type: "url", inputmode: "url", placeholder: "https://", autocomplete: "off",
    "aria-describedby": "address-says",
  });
  const form = el("form.stack", { novalidate: true },
    el("div.field", {},
      el("label", { for: "address" }, "Address of a video"),
      el("div.joined", {}, input, el("button.button", { type: "submit" }, "Use it")),
      el("p.hint", { id: "address-says" }, "The server fetches it, so it must open without signing in.")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const url = input.value.trim();
    if (/^https?:\/\/\S+$/i.test(url)) analyse(view, url);
    else {
      refuse(view, "Enter an address that begins with http:// or https://.");
      input.focus();
    }
  });
  return form;
}

async function upload(view, file) {
  const { stage, told, limits, signal } = view;
  fill(told);
  const fault = await faultOf(file, limits);
  if (fault) {
    refuse(view, fault, file.name);
    return;
  }
  const stop = new AbortController();
  signal.addEventListener("abort", () => stop.abort(), { signal: stop.signal });
  const cancel = button("Cancel", () => stop.abort(), { kind: "quiet" });
  const card = progressCard("Sending the video", el("p.file-name", {}, icon("film"), file.name), cancel);
  const onProgress = (share) =>
    card.tell("Sending the video", share, `${size(share * file.size)} of ${size(file.size)}`);
  onProgress(0);
  fill(stage, card.element);
  cancel.focus();
  try {
    const { url } = await send(`${V4}/upload`, file, { signal: stop.signal, onProgress });
    await analyse(view, url);
  } catch (error) {
    if (signal.aborted) return;
    choose(view);
    if (error.name !== "AbortError") fill(told, trouble(error, () => upload(view, file)));
  }
}

async function analyse(view, url) {
  const { told, signal } = view;
  fill(told);
  try {
    const body = { video_url: url, type: "head" };
    const analysis = await post(`${V4}/analyze`, body, { once: onceKey(), signal });
    goTo(linkTo("analysis", analysis._id));
  } catch (error) {
    if (error.name !== "AbortError") fill(told, trouble(error));
  }
}

function refuse({ told }, sentence, title = "") {
  fill(told, notice("bad", title, el("p", {}, sentence)));
}

async function showRecent(section, signal) {
  const { result } = await get(`${V4}/analyze/list`, { size: RECENT * 2, status: 3 }, signal);
  const urls = new Set();
  const kept = result.filter(({ expired, video_url: url }) => !expired && !urls.has(url) && urls.add(url));
  if (!kept.length) return;
  // Folded: their pictures are not small, and most who come have a new video.
  fill(section, el("details", {},
    el("summary.fold", {}, el("h2", {}, "Or take a video again")),
    el("ul.recent", {}, kept.slice(0, RECENT).map(recentTile))));
  section.hidden = false;
}

function recentTile(analysis) {
  const [first] = analysis.analysis_result.media;
  const src = fileAddress(first?.img_url);
  const count = analysis.analysis_result.detected_objects;
  return el("li", {}, el("a.recent-tile", { href: linkTo("analysis", analysis._id) },
    src ? el("img", { src, alt: "", loading: "lazy" }) : icon("film"),
    el("span", {}, el("b", {}, fileName(analysis.video_url)),
      el("small.soft", {}, `${count === 1 ? "1 person" : `${count} people`}, ${moment(analysis.create_time)}`))));
}
