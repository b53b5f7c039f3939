// Where the keyboard goes when what it was on is gone.

/**
 * Puts the focus on `element` if it is nowhere, as after a button was removed that had it.
 * @param {HTMLElement|null} element
 */
export function takeLostFocus(element) {
  if (!element || (document.activeElement && document.activeElement !== document.body)) return;
  if (!element.matches("a, button, input, select, textarea")) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
