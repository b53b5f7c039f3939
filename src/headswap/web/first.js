// Sets the theme before anything is painted; a classic script, since modules run too late for that.
try {
  const chosen = localStorage.getItem("headswap-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is shut off in this browser: the system's theme it is.
}
