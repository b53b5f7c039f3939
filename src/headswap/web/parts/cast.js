// Casting: the people of an analysed video, their photos, and the order made of them.

import { fileAddress, post } from "../api.js";
import { el } from "../dom.js";
import { onceKey } from "../ids.js";
import { goTo, linkTo } from "../route.js";
import { Refusal } from "../sentences.js";
import { team as askTeam } from "../team.js";
import { statement } from "./consent.js";
import { draftOf, keepDraft, statedBy } from "./draft.js";
import { orderPanel } from "./order_panel.js";
import { personName, personTile } from "./person_tile.js";
import { trouble } from "./states.js";

/**
 * The casting of an analysis.
 * @param {{analysis: any, source: string|null, team: any, before: any, signal: AbortSignal}} given
 *   before: the task that is to be done again, or null.
 * @returns {HTMLElement}
 */
export function cast({ analysis, source, team, before, signal }) {
  const draft = draftOf(analysis._id, usualDraft(team, before));
  const video = el("video.source", {
    src: source, controls: true, muted: true, playsinline: true, preload: "metadata", "aria-label": "The video",
  });
  // A format that this browser does not know: the tiles show the people all the same.
  video.addEventListener("error", () => video.remove());
  const needsName = team.consent === null;
  const change = () => {
    keepDraft(analysis._id, draft);
    panel.show(missing(draft, team, needsName), chosen(draft).length);
  };
  // One key until something else is ordered: a second press is the same order.
  let order = { key: onceKey(), body: "" };
  const start = async () => {
    const lacking = missing(draft, team, needsName);
    if (lacking) {
      focusOn(page, draft, needsName);
      return;
    }
    const body = bodyOf(analysis, draft, team);
    const text = JSON.stringify(body);
    if (order.body !== text) order = { key: onceKey(), body: text };
    panel.tell();
    try {
      const made = await post("api/open/v5/headswap/create", body, { once: order.key, signal });
      askTeam(true);
      goTo(linkTo("task", made.list[0]._id));
    } catch (error) {
      if (error.name === "AbortError") return;
      panel.tell(trouble(error));
      if (error instanceof Refusal && error.code === 1104) {
        Object.assign(team, await askTeam(true));
        change();
      }
    }
  };
  const seconds = Math.max(1, Math.ceil(analysis.duration - 1e-6));
  const panel = orderPanel({ team, seconds, draft, needsName, onChange: change, onStart: start });
  const tiles = analysis.people.map((person) => personTile({
    person, analysis, photo: draft.photos[person.obj_id] ?? null, stated: team.consent, signal,
    onChange: (photo) => {
      if (photo) draft.photos[person.obj_id] = photo;
      else delete draft.photos[person.obj_id];
      change();
    },
    onSeek: (at) => { video.currentTime = at; },
  }));
  const page = el("div.cast", {}, el("ul.people", { "aria-label": "People" }, tiles),
    el("aside.side", {}, video, panel.element));
  change();
  return page;
}

function usualDraft(team, before) {
  const usual = { photos: {}, resolution: "720p", sound: true };
  if (!before) return usual;
  for (const { obj_id: objId, img_url: url, photo } of before.mappings) {
    // An upload of ours that is not there any more; what lies elsewhere can be fetched again.
    if (!photo && url.includes("/files/")) continue;
    usual.photos[objId] = {
      url, thumb: fileAddress(photo), good: "kept", reasons: [], face: null, width: 0, height: 0,
      agreed: team.consent !== null,
    };
  }
  return { ...usual, resolution: before.resolution, sound: before.keep_original_sound };
}

function chosen(draft) {
  return Object.entries(draft.photos).filter(([, photo]) => photo.good !== "bad");
}

function missing(draft, team, needsName) {
  const photos = Object.entries(draft.photos);
  const bad = photos.find(([, photo]) => photo.good === "bad");
  const silent = photos.find(([, photo]) => !photo.agreed);
  if (photos.length === 0) return "Choose a photo for at least one person.";
  if (bad) return `The photo for ${personName(Number(bad[0]))} cannot be used: choose another one, or remove it.`;
  if (photos.length > team.limits.mappings) return `${team.limits.mappings} people at most: remove a photo.`;
  if (silent) return `Tick the consent for ${personName(Number(silent[0]))}.`;
  if (needsName && !statedBy()) return "Enter your name.";
  return "";
}

function focusOn(page, draft, needsName) {
  const photos = Object.entries(draft.photos);
  const wrong = photos.find(([, photo]) => photo.good === "bad" || !photo.agreed);
  const at = photos.length === 0 ? ".slot button"
    : wrong ? `[data-person="${wrong[0]}"] ${wrong[1].good === "bad" ? ".slot button" : ".consent input"}`
      : needsName && !statedBy() ? ".order input[autocomplete=name]" : ".slot button";
  page.querySelector(at)?.focus();
}

function bodyOf(analysis, draft, team) {
  const consent = statement(team.consent);
  return {
    media_type: "video",
    target_url: analysis.video_url,
    analyze_id: analysis._id,
    mappings: chosen(draft).map(([objId, { url }]) => ({ obj_id: Number(objId), img_url: url, consent })),
    resolution: draft.resolution,
    keep_original_sound: draft.sound,
  };
}
