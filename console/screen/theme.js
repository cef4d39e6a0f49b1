// The theme that was chosen, before anything is drawn.
//
// A plain script and not a module: it must run before the first paint, or a dark room flashes white.
"use strict";
(() => {
  const root = document.documentElement;
  const themes = ["auto", "light", "dark"];
  const read = () => {
    try { return themes.find((t) => t === localStorage.getItem("theme")) ?? "auto"; } catch { return "auto"; }
  };
  const put = (theme) => {
    if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
  };
  put(read());
  window.kairosTheme = {
    read,
    next() {
      const theme = themes[(themes.indexOf(read()) + 1) % themes.length];
      try { localStorage.setItem("theme", theme); } catch { /* it holds for this page, then */ }
      put(theme);
      window.dispatchEvent(new Event("theme"));
      return theme;
    },
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => window.dispatchEvent(new Event("theme")));
})();
