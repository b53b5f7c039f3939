// Server-sent events over fetch, which unlike EventSource can send the key.

import { addressOf, dataOf, fetchWithKey, patiently, pause } from "./api.js";

const AGAIN_MS = 300;

/**
 * Follows a stream of events for as long as `onEvent` wants more; a stream that is cut off is asked
 * for again, ever more slowly while the server does not answer.
 * @param {string} path @param {Object<string, unknown>} query
 * @param {(event: any) => boolean} onEvent whether more is wanted.
 * @param {AbortSignal} signal
 */
export async function follow(path, query, onEvent, signal) {
  for (;;) {
    const response = await patiently(() => open(path, query, signal), signal);
    for await (const event of eventsOf(response.body)) if (!onEvent(event)) return;
    await pause(AGAIN_MS, signal);
  }
}

async function open(path, query, signal) {
  const response = await fetchWithKey(addressOf(path, query), { signal });
  const type = response.headers.get("content-type") ?? "";
  if (!type.startsWith("text/event-stream")) {
    dataOf(await response.json(), response.headers.get("x-request-id") ?? "");
  }
  return response;
}

async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const part = await read(reader);
      if (part === null) return;
      const blocks = (rest + part).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const data = block.split("\n").find((line) => line.startsWith("data: "));
        if (data) yield JSON.parse(data.slice(6));
      }
    }
  } finally {
    // Whoever wants no more lets the server know.
    reader.cancel().catch(() => {});
  }
}

/** The next part of a stream; null at its end, wanted or not. */
async function read(reader) {
  try {
    const { done, value } = await reader.read();
    return done ? null : value;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return null;
  }
}
