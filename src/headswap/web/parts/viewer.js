// The result beside the original: one picture with a wipe, played and stepped together.

import { button, el, fill, icon } from "../dom.js";
import { inStep } from "./in_step.js";
import { clock } from "../words.js";

/**
 * The viewer.
 * @param {{result: string, original: string|null, fps: number, frameCount: number,
 *   signal: AbortSignal}} given original: null once it has been removed.
 * @returns {{element: HTMLElement, seek: (frame: number) => void}}
 */
export function viewer({ result, original, fps, frameCount, signal }) {
  const film = (src, label, muted) => el("video", {
    src, playsinline: true, preload: "auto", muted, "aria-label": label, tabindex: "-1",
  });
  const leader = film(result, "Result", false);
  leader.loop = true;
  const follower = original && film(original, "Original", true);
  if (follower) {
    follower.muted = true;
    inStep(leader, follower, fps, signal);
  }
  const last = Math.max(0, frameCount - 1);
  const frame = () => Math.min(last, Math.max(0, Math.floor(leader.currentTime * fps + 0.01)));
  const seek = (to) => {
    leader.pause();
    // Into the middle of the frame: its edge may fall to either side.
    leader.currentTime = (Math.min(last, Math.max(0, to)) + 0.5) / fps;
  };
  const step = (by) => seek(frame() + by);
  const toggle = () => (leader.paused ? leader.play().catch(() => {}) : leader.pause());
  const picture = el("div.picture", {}, follower, leader, follower && wipe(leader));
  const alone = el("p.hint", { hidden: original !== null },
    "The original has been removed, so the result stands alone.");
  follower?.addEventListener("error", () => {
    fill(picture, leader);
    leader.style.removeProperty("clip-path");
    fill(alone, "This browser cannot play the original, so the result stands alone.").hidden = false;
  }, { signal });
  const bar = controls({ leader, seek, step, toggle, frame, last, fps, signal });
  const name = original ? "Result and original" : "Result";
  const element = el("section.viewer", { "aria-label": name, tabindex: "-1" }, picture, bar, alone);
  leader.addEventListener("loadedmetadata", () => {
    picture.style.setProperty("--ratio", String(leader.videoWidth / leader.videoHeight));
  }, { signal });
  leader.addEventListener("click", toggle);
  element.addEventListener("keydown", (event) => press(event, { step, toggle }));
  // Who drags the wipe and then presses an arrow means the frames.
  picture.addEventListener("pointerup", () => element.focus({ preventScroll: true }));
  return { element, seek };
}

function wipe(leader) {
  const slider = el("input.wipe", {
    type: "range", min: 0, max: 100, step: 1, value: 50,
    "aria-label": "Wipe: how much of the original is seen",
  });
  const handle = el("span.handle", { "aria-hidden": "true" }, icon("wipe"));
  const show = () => {
    const at = slider.value;
    slider.setAttribute("aria-valuetext", `${at} % original, ${100 - at} % result`);
    leader.style.setProperty("clip-path", `inset(0 0 0 ${at}%)`);
    slider.parentElement?.style.setProperty("--at", `${at}%`);
  };
  slider.addEventListener("input", show);
  show();
  return [
    el("span.side-name.left", { "aria-hidden": "true" }, "Original"),
    el("span.side-name.right", { "aria-hidden": "true" }, "Result"),
    slider, handle,
  ];
}

function controls({ leader, seek, step, toggle, frame, last, fps, signal }) {
  const play = button("Play", toggle, { icon: "play", only: true, kind: "primary" });
  const hush = () => { leader.muted = !leader.muted; };
  const mute = button("Sound off", hush, { icon: "sound", only: true, kind: "quiet" });
  const time = el("span.figures.time");
  const line = el("input.line", {
    type: "range", min: 0, max: last, step: 1, value: 0, "aria-label": "Time",
    on: { input: () => seek(Number(line.value)) },
  });
  const show = () => {
    const at = frame();
    line.value = String(at);
    line.setAttribute("aria-valuetext", `${clock(at / fps)}, frame ${at + 1} of ${last + 1}`);
    line.style.setProperty("--share", last ? `${(at / last) * 100}%` : "0%");
    time.textContent = `${clock(at / fps)} · ${at + 1}/${last + 1}`;
    if (!leader.paused && !signal.aborted) requestAnimationFrame(show);
  };
  const labels = () => {
    label(play, leader.paused ? "Play" : "Pause", leader.paused ? "play" : "pause");
    label(mute, leader.muted ? "Sound on" : "Sound off", leader.muted ? "silent" : "sound");
    show();
  };
  for (const name of ["play", "pause", "volumechange", "seeked", "loadedmetadata"]) {
    leader.addEventListener(name, labels, { signal });
  }
  show();
  return el("div.controls", {},
    play,
    button("One frame back", () => step(-1), { icon: "back", only: true, kind: "quiet" }),
    button("One frame on", () => step(1), { icon: "next", only: true, kind: "quiet" }),
    line, time, mute);
}

function label(control, says, picture) {
  control.title = says;
  fill(control, icon(picture), el("span.unseen", {}, says));
}

function press(event, { step, toggle }) {
  // Sliders know the arrows themselves; buttons know the space bar.
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const slider = event.target.type === "range";
  const by = { ArrowLeft: -1, ArrowRight: 1, ",": -1, ".": 1 }[event.key];
  if (by && !(slider && event.key.startsWith("Arrow"))) step(event.shiftKey ? by * 10 : by);
  else if (event.key === " " && event.target.localName !== "button") toggle();
  else return;
  event.preventDefault();
}
