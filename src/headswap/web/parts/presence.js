// A strip of the video's length that is filled where a person appears.

import { el } from "../dom.js";
import { clock, counted } from "../words.js";

// Gaps narrower than this share of the strip cannot be seen.
const GAP = 0.004;
const SAID = 5;

/**
 * The strip.
 * @param {{ranges: [number, number][], frameCount: number, fps: number, onSeek?: (seconds: number)
 *   => void}} given ranges: first frame and the one behind the last, of each stretch.
 * @returns {HTMLElement}
 */
export function presence({ ranges, frameCount, fps, onSeek }) {
  const seen = joined(ranges, frameCount * GAP);
  const strip = el("div.strip", { role: "img", "aria-label": said(seen, fps) },
    seen.map(([start, stop]) => el("span.seen", {
      style: { "--from": start / frameCount, "--to": stop / frameCount },
    })));
  if (onSeek) {
    strip.classList.add("seeks");
    strip.addEventListener("click", (event) => {
      const box = strip.getBoundingClientRect();
      onSeek(((event.clientX - box.left) / box.width) * (frameCount / fps));
    });
  }
  const frames = ranges.reduce((sum, [start, stop]) => sum + stop - start, 0);
  return el("div.presence", {}, strip,
    el("p.hint.figures", {}, when(seen, fps, frameCount, frames)));
}

function joined(ranges, gap) {
  const found = [];
  for (const [start, stop] of ranges) {
    const last = found.at(-1);
    if (last && start - last[1] <= gap) last[1] = stop;
    else found.push([start, stop]);
  }
  return found;
}

function when(seen, fps, frameCount, frames) {
  if (frames >= frameCount) return "In the picture all the time";
  const seconds = counted(Math.round((frames / fps) * 10) / 10, "second");
  if (seen.length === 1) return `${clock(seen[0][0] / fps)} to ${clock(seen[0][1] / fps)}`;
  return `${seconds} in ${counted(seen.length, "stretch", "stretches")}`;
}

function said(seen, fps) {
  const times = seen.slice(0, SAID).map(([start, stop]) => `${clock(start / fps)} to ${clock(stop / fps)}`);
  const more = seen.length > SAID ? ` and ${seen.length - SAID} more times` : "";
  return `Appears from ${times.join(", ")}${more}`;
}
