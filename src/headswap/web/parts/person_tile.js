// A person of the video: head, when they appear, the photo that replaces the head, and consent.

import { fileAddress } from "../api.js";
import { el, fill, icon } from "../dom.js";
import { consentTick } from "./consent.js";
import { photoSlot } from "./photo_slot.js";
import { presence } from "./presence.js";

/** What a person is called; the API counts from 0. @param {number} objId */
export const personName = (objId) => `Person ${objId + 1}`;

/**
 * The tile.
 * @param {{person: any, analysis: any, photo: any, stated: any, signal: AbortSignal,
 *   onChange: (photo: any) => void, onSeek: (seconds: number) => void}} given
 *   onChange: hears of the photo, judged and with `agreed`, or of null.
 * @returns {HTMLElement}
 */
export function personTile({ person, analysis, photo, stated, signal, onChange, onSeek }) {
  const name = personName(person.obj_id);
  const src = fileAddress(person.preview);
  const { frame_count: frameCount, fps } = analysis.analysis_result.video_info;
  const consent = el("div.consent-place");
  const tile = el("li.card.person", { "data-person": person.obj_id });
  let now = photo;
  const change = (next) => {
    now = next && { ...next, agreed: next.agreed ?? Boolean(stated) };
    showConsent();
    onChange(now);
  };
  const showConsent = () => fill(consent, now && now.good !== "bad" && consentTick({
    name, stated, agreed: now.agreed, onChange: (agreed) => onChange((now = { ...now, agreed })),
  }));
  fill(tile,
    el("h2", {}, name),
    el("div.pair", {},
      el("div.head", {}, src ? el("img", { src, alt: `${name} in the video` }) : icon("photo", "large")),
      icon("next", "arrow"),
      photoSlot({ name, photo, signal, onPhoto: change }, tile)),
    presence({ ranges: person.presence, frameCount, fps, onSeek }),
    consent);
  showConsent();
  return tile;
}
