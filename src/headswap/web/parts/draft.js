// What was chosen for an analysis, kept in this tab so that a reload loses nothing.

const NAME = "headswap-draft-";
const STATED_BY = "headswap-stated-by";

/**
 * @typedef {Object} Photo
 * @property {string} url as the server knows it.
 * @property {"good"|"fair"|"bad"|"kept"} good kept: taken over from another task.
 * @property {{code: string, sentence: string}[]} reasons
 * @property {number[]|null} face box_xywh in the photo.
 * @property {number} width @property {number} height
 * @property {string|null} [thumb] an address at which it can be seen.
 * @property {boolean} [agreed] whether the consent is ticked.
 *
 * @typedef {{photos: Object<number, Photo>, resolution: string, sound: boolean}} Draft
 */

/** @param {string} id the analysis' @param {Draft} usual @returns {Draft} */
export function draftOf(id, usual) {
  const kept = sessionStorage.getItem(NAME + id);
  return kept === null ? usual : { ...usual, ...JSON.parse(kept) };
}

/** @param {string} id @param {Draft} draft */
export function keepDraft(id, draft) {
  // An address of this tab's own is worth nothing after a reload.
  const lasting = (thumb) => (thumb?.startsWith("blob:") ? undefined : thumb);
  const photos = Object.fromEntries(Object.entries(draft.photos)
    .map(([key, photo]) => [key, { ...photo, thumb: lasting(photo.thumb) }]));
  sessionStorage.setItem(NAME + id, JSON.stringify({ ...draft, photos }));
}

/** Who stated the consent last. @returns {string} */
export function statedBy() {
  return sessionStorage.getItem(STATED_BY) ?? "";
}

/** @param {string} name */
export function keepStatedBy(name) {
  sessionStorage.setItem(STATED_BY, name);
}
