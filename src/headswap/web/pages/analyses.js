// The videos of the team: found, opened for a swap, deleted.

import { post } from "../api.js";
import { el, fill, icon } from "../dom.js";
import { ask } from "../parts/dialog.js";
import { recordList } from "../parts/record_list.js";
import { recordRow, rowAction } from "../parts/record_row.js";
import { linkTo } from "../route.js";
import { clock, counted } from "../words.js";

const KIND = {
  place: "analyses", path: "api/console/analyses", one: "video", many: "videos", row,
  nothing: {
    picture: "film", title: "No videos yet",
    says: "Videos in which people were looked for are listed here. One of them can be used for many swaps.",
    action: newVideo,
  },
};

export const page = {
  title: "Videos",
  /** @param {HTMLElement} host @param {import("../route.js").Place} place */
  show(host, place) {
    fill(host, el("div.spread.heading", {}, el("h1", {}, "Videos"), newVideo()), recordList(KIND, place));
  },
};

function newVideo() {
  return el("a.button.primary", { href: linkTo("new") }, icon("plus"), "New video");
}

function row(video, change) {
  return recordRow({
    record: video,
    href: linkTo("analysis", video._id),
    pictures: video.heads,
    missing: "film",
    facts: [
      video.duration === null ? null : clock(video.duration),
      video.status === 3 && counted(video.people, "person", "people"),
    ],
    actions: [rowAction(`Delete ${video.name}`, "trash", () => change(() => remove(video)), "end")],
  });
}

async function remove(video) {
  const sure = await ask({
    title: "Delete this video?", yes: "Delete it", danger: true,
    says: "The video, the heads and all that was found in it are gone for good.",
  });
  if (!sure) return "";
  const { noPermissionItems: left } = await post("api/console/analyses/delete", { _ids: video._id });
  if (!left.length) return "The video is deleted.";
  await ask({ title: "This video is still needed", says: left[0].msg, yes: "Show the swaps" })
    .then((show) => { if (show) location.hash = linkTo("tasks", "", { q: video.name }); });
  return "";
}
