// Numbers and times as a person reads them.

const DAY_MS = 86_400_000;
const NUMBER = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const TIME = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hour12: false });
const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });
const FULL = new Intl.DateTimeFormat("en", { dateStyle: "long", timeStyle: "medium", hour12: false });

/** "1 frame", "1,200 frames". @param {number} count @param {string} one @param {string} [many] */
export function counted(count, one, many = `${one}s`) {
  return `${NUMBER.format(count)} ${count === 1 ? one : many}`;
}

/** "1,234.5". @param {number} value */
export function number(value) {
  return NUMBER.format(value);
}

/** "1 credit", "7.5 credits". @param {number} count */
export function credits(count) {
  return counted(count, "credit");
}

/** "today 14:05", "yesterday 09:12", "3 May 18:40". @param {number} ms since 1970 */
export function moment(ms) {
  const day = new Date(ms).setHours(0, 0, 0, 0);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - day) / DAY_MS);
  const name = days === 0 ? "today" : days === 1 ? "yesterday" : DAY.format(ms);
  const year = new Date(ms).getFullYear();
  const other = year !== new Date().getFullYear() ? ` ${year}` : "";
  return `${name}${other} ${TIME.format(ms)}`;
}

/** The whole date and time, for a title. @param {number} ms since 1970 */
export function fullMoment(ms) {
  return FULL.format(ms);
}

/** "12 s", "1 min 5 s". @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const rest = whole % 60;
  return `${Math.floor(whole / 60)} min${rest ? ` ${rest} s` : ""}`;
}

/** "0:07.2": a place in a video. @param {number} seconds */
export function clock(seconds) {
  const tenths = Math.max(0, Math.round(seconds * 10));
  const minutes = Math.floor(tenths / 600);
  return `${minutes}:${String(Math.floor((tenths % 600) / 10)).padStart(2, "0")}.${tenths % 10}`;
}

/** "4.2 MB". @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  const [unit, by] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${NUMBER.format(Math.round((bytes / by) * 10) / 10)} ${unit}`;
}

/** The last part of an address, as a name. @param {string} url */
export function fileName(url) {
  try {
    const { pathname, searchParams, hostname } = new URL(url);
    const last = searchParams.get("name") ?? decodeURIComponent(pathname.split("/").pop() ?? "");
    return last || hostname;
  } catch {
    return url;
  }
}
