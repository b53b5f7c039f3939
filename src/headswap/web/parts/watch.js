// Asking again and again until a record has ended.

import { get, pause } from "../api.js";

const FIRST_MS = 400;
const LAST_MS = 2000;

/**
 * A record in its final state.
 * @param {string} path of its detail @param {string} id
 * @param {(record: any) => void} onChange hears of every answer before.
 * @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export async function untilEnded(path, id, onChange, signal) {
  for (let wait = FIRST_MS; ; wait = Math.min(wait * 1.2, LAST_MS)) {
    const record = await get(path, { _id: id }, signal);
    if (record.status > 2) return record;
    onChange(record);
    await pause(wait, signal);
  }
}
