// Pages by the address behind #: /new, /analysis/ID, /task/ID and so on.

/**
 * @typedef {Object} Page
 * @property {string} title what the browser's tab says.
 * @property {(host: HTMLElement, place: Place) => unknown} show fills `host`; may be awaited.
 *
 * @typedef {Object} Place
 * @property {string} id the part behind the page's name, or "".
 * @property {URLSearchParams} query what stands behind ?.
 * @property {AbortSignal} signal aborted when the page is left.
 *
 * @typedef {{name: string, load: () => Promise<Page>}} Route
 */

/** The place that the address names. @returns {{name: string, id: string, query: URLSearchParams}} */
export function here() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, id = ""] = path.split("/");
  return { name: name || "new", id: decodeURIComponent(id), query: new URLSearchParams(query) };
}

/** The address of a page. @param {string} name @param {string} [id] @param {Object} [query] */
export function linkTo(name, id = "", query = {}) {
  const search = new URLSearchParams(query).toString();
  return `#/${name}${id && `/${encodeURIComponent(id)}`}${search && `?${search}`}`;
}

/** Goes to a page. `instead`: without leaving this one in the browser's history. */
export function goTo(address, instead = false) {
  if (instead) location.replace(address);
  else location.hash = address;
}
