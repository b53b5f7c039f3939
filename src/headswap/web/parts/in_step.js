// Two videos that show the same moment, playing or not.

// Nearer than this is corrected by playing a little faster or slower, farther by a jump.
const JUMP_S = 0.2;
const FASTEST = 0.15;

/**
 * Has `follower` show what `leader` shows.
 * @param {HTMLVideoElement} leader @param {HTMLVideoElement} follower
 * @param {number} fps @param {AbortSignal} signal ends it.
 */
export function inStep(leader, follower, fps, signal) {
  const on = (name, act) => leader.addEventListener(name, act, { signal });
  const jump = () => { follower.currentTime = leader.currentTime; };
  const run = () => {
    if (signal.aborted || leader.paused) return;
    correct(leader, follower, fps);
    requestAnimationFrame(run);
  };
  on("seeking", jump);
  on("waiting", () => follower.pause());
  on("pause", () => { follower.pause(); jump(); });
  on("playing", () => {
    // Told late, when it may have been paused again: nothing would stop the follower then.
    if (leader.paused) return;
    jump();
    // A browser may refuse to play; the pictures are still set by hand then.
    follower.play().catch(() => {});
    requestAnimationFrame(run);
  });
  follower.addEventListener("loadeddata", jump, { signal });
}

function correct(leader, follower, fps) {
  const behind = leader.currentTime - follower.currentTime;
  if (Math.abs(behind) > JUMP_S && !follower.seeking) follower.currentTime = leader.currentTime;
  const change = Math.abs(behind) < 0.25 / fps ? 0 : Math.max(-FASTEST, Math.min(FASTEST, behind * 2));
  follower.playbackRate = leader.playbackRate * (1 + change);
}
