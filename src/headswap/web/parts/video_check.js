// Whether a file is worth sending: what the browser can tell of it before.

import { duration, size } from "../words.js";

const MOMENT_MS = 4000;

/**
 * Why the server would refuse a file, as far as can be told here; "" if nothing speaks against it.
 * @param {File} file
 * @param {{min_s: number, max_s: number, max_mb: number}} limits
 * @returns {Promise<string>}
 */
export async function faultOf(file, limits) {
  if (file.type.startsWith("image/")) return "This is a picture. First choose a video; photos come after that.";
  if (file.type && !file.type.startsWith("video/")) return "This is not a video. MP4, MOV, WebM and MKV are taken.";
  if (file.size > limits.max_mb * 1e6) {
    return `This file has ${size(file.size)}; ${limits.max_mb} MB are the most. Export it smaller.`;
  }
  const seconds = await lengthOf(file);
  // A frame more or less is fine with the server, so it may be here.
  if (seconds !== null && (seconds < limits.min_s - 0.1 || seconds > limits.max_s + 0.1)) {
    const length = seconds < 60 ? `${seconds.toFixed(1)} s` : duration(seconds);
    return `This video lasts ${length}; ${limits.min_s} to ${limits.max_s} s are taken. Cut it first.`;
  }
  return "";
}

/** A video's length in seconds; null where the browser cannot play it. */
function lengthOf(file) {
  const video = document.createElement("video");
  const url = URL.createObjectURL(file);
  return new Promise((resolve) => {
    const tell = (seconds) => { URL.revokeObjectURL(url); resolve(seconds); };
    setTimeout(() => tell(null), MOMENT_MS);
    video.preload = "metadata";
    video.onloadedmetadata = () => tell(Number.isFinite(video.duration) ? video.duration : null);
    video.onerror = () => tell(null);
    video.src = url;
  });
}
