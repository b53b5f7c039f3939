// Requests to the server: the key, the envelope, and patience while it does not answer.

import { Refusal, Unreachable } from "./sentences.js";
import { end, key } from "./session.js";

const FIRST_WAIT_MS = 1000;
const LAST_WAIT_MS = 8000;
const KEY_REFUSED = new Set([1101, 1102, 1200]);
// What a proxy says while the server behind it is being started again.
const AWAY = new Set([502, 503, 504]);

/** Tells "lost" when the server does not answer and is being asked again, "found" when it does. */
export const connection = new EventTarget();

/**
 * What the server knows.
 * @param {string} path below the root, without a slash in front.
 * @param {Object<string, unknown>} [query]
 * @param {AbortSignal} [signal] ends the asking, which otherwise goes on until there is an answer.
 * @returns {Promise<any>} the envelope's data.
 */
export function get(path, query = {}, signal) {
  return patiently(() => ask(addressOf(path, query), { signal }), signal);
}

/**
 * Has the server do something.
 * @param {string} path
 * @param {object} body
 * @param {{signal?: AbortSignal, once?: string}} [given] once: an Idempotency-Key, by which it may
 *   be sent again until there is an answer and is done once all the same.
 * @returns {Promise<any>} the envelope's data.
 */
export function post(path, body, { signal, once } = {}) {
  const headers = { "content-type": "application/json" };
  if (once) headers["idempotency-key"] = once;
  const send = () =>
    ask(addressOf(path), { method: "POST", headers, body: JSON.stringify(body), signal });
  return once ? patiently(send, signal) : send();
}

/**
 * Sends a file.
 * @param {string} path
 * @param {Blob} file
 * @param {{signal?: AbortSignal, onProgress?: (share: number) => void}} [given] share: 0 to 1.
 * @returns {Promise<any>} the envelope's data.
 */
export function send(path, file, { signal, onProgress } = {}) {
  // Not fetch: it does not tell how far an upload has come.
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", addressOf(path));
    request.setRequestHeader("x-api-key", key() ?? "");
    request.upload.onprogress = (event) => onProgress?.(event.loaded / event.total);
    request.onerror = () => reject(new Unreachable());
    request.onabort = () => reject(new DOMException("", "AbortError"));
    request.onload = () => {
      try {
        const id = request.getResponseHeader("x-request-id") ?? "";
        resolve(dataOf(JSON.parse(request.responseText), id));
      } catch (error) {
        reject(error instanceof SyntaxError ? new Unreachable() : error);
      }
    };
    signal?.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("file", file, file.name ?? "file");
    request.send(form);
  });
}

/**
 * Asks with a key that is not kept yet.
 * @param {string} path @param {string} secret @returns {Promise<any>}
 */
export function tryKey(path, secret) {
  return ask(addressOf(path), { headers: { "x-api-key": secret } });
}

/**
 * Does what may fail for want of an answer again and again, ever more slowly.
 * @template T @param {() => Promise<T>} work @param {AbortSignal} [signal] @returns {Promise<T>}
 */
export async function patiently(work, signal) {
  for (let wait = FIRST_WAIT_MS, lost = false; ; wait = Math.min(wait * 2, LAST_WAIT_MS)) {
    try {
      const found = await work();
      if (lost) connection.dispatchEvent(new Event("found"));
      return found;
    } catch (error) {
      const often = error instanceof Refusal && error.code === 1005;
      if (!often && !(error instanceof Unreachable)) {
        if (lost) connection.dispatchEvent(new Event("found"));
        throw error;
      }
      if (!often && !lost) connection.dispatchEvent(new Event("lost"));
      lost ||= !often;
      await pause(wait, signal);
    }
  }
}

/**
 * Waits; shorter if the browser finds its network again.
 * @param {number} ms @param {AbortSignal} [signal] ends it with an AbortError. @returns {Promise<void>}
 */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = new AbortController();
    const end = (how) => { clearTimeout(timer); stop.abort(); how(); };
    const timer = setTimeout(() => end(resolve), ms);
    addEventListener("online", () => end(resolve), { signal: stop.signal });
    signal?.addEventListener("abort", () => end(() => reject(signal.reason)), { signal: stop.signal });
  });
}

/**
 * The answer to a request with the key, its body not read yet.
 * @param {URL} url @param {RequestInit} given @returns {Promise<Response>}
 */
export async function fetchWithKey(url, given) {
  let response;
  try {
    response = await fetch(url, { ...given, headers: { "x-api-key": key() ?? "", ...given.headers } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable();
  }
  if (AWAY.has(response.status)) throw new Unreachable();
  return response;
}

/** The address of a path below the server's root. @param {string} path @returns {URL} */
export function addressOf(path, query = {}) {
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  return url;
}

/**
 * The address of a file as this page reaches it: one of the server's own under the page's origin,
 * whatever name the server goes by elsewhere; one of a bucket as it is.
 * @param {string|null|undefined} url @returns {string|null}
 */
export function fileAddress(url) {
  if (!url) return null;
  const { pathname, search, searchParams } = new URL(url, document.baseURI);
  const at = pathname.indexOf("/files/");
  const own = at >= 0 && searchParams.has("expires") && searchParams.has("signature");
  return own ? new URL(pathname.slice(at + 1) + search, document.baseURI).href : url;
}

async function ask(url, given) {
  const response = await fetchWithKey(url, given);
  let envelope;
  try {
    envelope = await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable();
  }
  return dataOf(envelope, response.headers.get("x-request-id") ?? "");
}

/** The data of an envelope. Throws Refusal; a key that is not taken ends the session. */
export function dataOf(envelope, request) {
  if (envelope.code === 1000) return envelope.data;
  const refusal = new Refusal(envelope.code, envelope.msg, request);
  if (KEY_REFUSED.has(envelope.code)) end(refusal.message);
  throw refusal;
}
