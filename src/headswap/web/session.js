// Who is signed in: the key, kept for this tab, or for this browser where that is wished.

const NAME = "headswap-key";

/** Tells "begun" and "ended"; `reason` of the last end says why it ended. */
export const session = new EventTarget();
session.reason = "";

/** The key, or null. @returns {string|null} */
export function key() {
  return sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME);
}

/**
 * Keeps a key that the server has taken.
 * @param {string} secret
 * @param {boolean} stay whether it is kept after this tab is closed.
 */
export function begin(secret, stay) {
  forget();
  (stay ? localStorage : sessionStorage).setItem(NAME, secret);
  session.reason = "";
  session.dispatchEvent(new Event("begun"));
}

/** Forgets the key. @param {string} [reason] a sentence that the sign-in page shows. */
export function end(reason = "") {
  if (key() === null) return;
  forget();
  session.reason = reason;
  session.dispatchEvent(new Event("ended"));
}

function forget() {
  sessionStorage.clear();
  localStorage.removeItem(NAME);
}

// Signed out in another tab is signed out here, unless this tab has a key of its own.
addEventListener("storage", (event) => {
  if (event.key !== NAME || event.newValue !== null || key() !== null) return;
  session.reason = "You signed out in another tab.";
  session.dispatchEvent(new Event("ended"));
});
