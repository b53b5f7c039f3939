// The place for a person's photo: empty, being looked at, judged.

import { fileAddress, send } from "../api.js";
import { announce, button, el, fill, icon } from "../dom.js";
import { dropZone, takeDrops } from "./drop.js";
import { sentenceOf } from "../sentences.js";

const VERDICTS = {
  good: ["Good photo", "good"],
  fair: ["Can be used, with care", "fair"],
  bad: ["Cannot be used", "bad"],
  kept: ["As in the last swap", "plain"],
};

/**
 * The slot of a person.
 * @param {{name: string, photo: import("./draft.js").Photo|null, signal: AbortSignal,
 *   onPhoto: (photo: import("./draft.js").Photo|null) => void}} given
 * @param {HTMLElement} tile takes drops too: it is easier to hit.
 * @returns {HTMLElement}
 */
export function photoSlot({ name, photo, signal, onPhoto }, tile) {
  const slot = el("div.slot");
  const input = el("input.unseen", {
    type: "file", accept: "image/*", tabindex: "-1", "aria-label": `Photo for ${name}`,
    on: { change: () => { if (input.files.length) take(input.files[0]); input.value = ""; } },
  });
  let turn = 0;

  const take = async (file) => {
    const mine = ++turn;
    const thumb = URL.createObjectURL(file);
    fill(slot, input, picture({ thumb }, name), el("div.verdict", {},
      el("p", {}, el("span.spinner", { "aria-hidden": "true" }), "Looking at the photo…")));
    slot.setAttribute("aria-busy", "true");
    onPhoto(null);
    try {
      const found = await send("api/console/photo", file, { signal });
      if (mine === turn) judge({ ...found, thumb });
    } catch (error) {
      if (mine !== turn || error.name === "AbortError") return;
      const reasons = [{ code: "refused", sentence: sentenceOf(error) }];
      judge({ url: "", good: "bad", reasons, face: null, width: 0, height: 0, thumb });
    } finally {
      if (mine === turn) slot.removeAttribute("aria-busy");
    }
  };
  const judge = (found) => {
    showPhoto(found);
    announce(`${name}: ${VERDICTS[found.good][0]}`);
    onPhoto(found);
  };
  const showPhoto = (found) => {
    const [says, kind] = VERDICTS[found.good];
    const change = button("Another photo", () => input.click(), { kind: "small" });
    const remove = button(`Remove the photo of ${name}`, () => {
      turn += 1;
      showEmpty();
      onPhoto(null);
      slot.querySelector("button").focus();
    }, { kind: "quiet small", only: true, icon: "trash", title: "Remove" });
    fill(slot, input, picture(found, name), el("div.verdict", {},
      el(`span.pill.${kind}`, {}, says),
      found.reasons.length > 0 && el("ul.reasons", {}, found.reasons.map((one) => el("li", {}, one.sentence))),
      el("div.row", {}, change, remove)));
  };
  const showEmpty = () => fill(slot, dropZone({
    title: "Drop a photo here", choose: "Choose a photo", accept: "image/*", picture: "photo", kind: "small",
    label: `Photo for ${name}`, take,
  }));

  takeDrops(tile, take);
  if (photo) showPhoto(photo);
  else showEmpty();
  return slot;
}

function picture(photo, name) {
  const image = el("img", { src: photo.thumb ?? fileAddress(photo.url), alt: `Photo for ${name}` });
  if (photo.face) {
    // The head in the middle of what is seen; the face's centre lies a little below the head's.
    const [x, y, width, height] = photo.face;
    image.style.setProperty("object-position",
      `${percent((x + width / 2) / photo.width)} ${percent((y + height * 0.35) / photo.height)}`);
  }
  const frame = el("div.head", {}, image);
  // Other hosts' pictures are not shown, and a bucket's uploads open for the server alone.
  image.addEventListener("error", () => fill(frame, icon("photo", "large")));
  return frame;
}

const percent = (share) => `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`;
