// The theme: the system's, light or dark.

const NAME = "headswap-theme";
const ORDER = ["system", "light", "dark"];

/** The theme that is chosen. @returns {"system"|"light"|"dark"} */
export function theme() {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

/** Changes to the next theme in turn, and keeps it. @returns {"system"|"light"|"dark"} */
export function nextTheme() {
  const next = ORDER[(ORDER.indexOf(theme()) + 1) % ORDER.length];
  if (next === "system") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(NAME);
  } else {
    document.documentElement.dataset.theme = next;
    localStorage.setItem(NAME, next);
  }
  return next;
}
