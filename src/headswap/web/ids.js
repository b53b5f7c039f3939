// Keys by which a request that is sent twice is done once.

/** A fresh key. @returns {string} */
export function onceKey() {
  // Not randomUUID, which browsers give to https and localhost alone.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
