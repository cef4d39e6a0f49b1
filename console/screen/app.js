// Which page an address means, and the frame around all pages.

import { get } from "/assets/api.js";
import { el, fill, svg } from "/assets/dom.js";
import { addKeys, setPageKeys, showKeys } from "/assets/keys.js";
import { stop } from "/assets/live.js";

const PAGES = [
  { path: "/", name: "Rooms", file: "rooms.js", icon: "M3 5h7v6H3zM14 5h7v6h-7zM3 14h7v6H3zM14 14h7v6h-7z", key: "r" },
  { path: "/highlights", name: "Highlights", file: "highlights.js", icon: "M4 5h16v14H4zM10 9l5 3-5 3z", key: "h" },
  { path: "/search", name: "Search", file: "search.js", icon: "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM15.5 15.5L21 21", key: "s" },
  { path: "/compare", name: "Compare", file: "compare.js", icon: "M3 16l5-8 4 5 4-9 5 7M3 21h18", minor: true, key: "c" },
  { path: "/gifting", name: "Gifting", file: "gifting.js", icon: "M4 10h16v10H4zM3 7h18v3H3zM12 7v13M12 7c-2-5-7-3-5 0M12 7c2-5 7-3 5 0", key: "g" },
  { path: "/queries", name: "Queries", file: "queries.js", icon: "M4 6h16M4 12h10M4 18h13", minor: true, key: "q" },
  { path: "/operator", name: "Operation", file: "operator.js", icon: "M3 12h4l3-8 4 16 3-8h4", key: "o" },
];

export const state = { me: { editor: false } };
let leave = null;
let turn = 0;

function links(path) {
  const current = (page) => page.path === path || (page.path !== "/" && path.startsWith(`${page.path}/`)) || (page.path === "/" && path.startsWith("/rooms/"));
  return PAGES.map((page) => el(`a${page.minor ? ".minor" : ""}`, { href: page.path, "aria-current": current(page) ? "page" : null, "aria-label": page.name },
    svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: page.icon })), el("span", page.name)));
}

export async function show() {
  const own = ++turn;
  const parts = location.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  const page = parts[0] === "rooms" ? { file: "room.js", name: parts[1] } : PAGES.find((p) => p.path === `/${parts[0] ?? ""}`) ?? { name: "Nothing here" };
  leave?.();
  leave = null;
  setPageKeys([]);
  stop();
  fill(document.getElementById("links"), links(location.pathname));
  document.title = `${page.name} · kairos`;
  const main = document.getElementById("main");
  if (!page.file) return fill(main, el("h1", page.name), el("p", "There is nothing at this address. ", el("a", { href: "/" }, "All rooms")));
  fill(main, el("h1.sr", page.name), el("p.muted", "Reading…"));
  try {
    const { open } = await import(`/assets/${page.file}`);
    if (own !== turn) return;
    const left = await open(main, parts.slice(1), new URLSearchParams(location.search));
    if (own === turn) leave = left; else left?.();
  } catch (error) {
    if (own !== turn) return;
    fill(main, el("p.problem", { role: "alert" }, error.message));
  }
}

export function go(address) {
  history.pushState(null, "", address);
  document.getElementById("main").focus({ preventScroll: true });
  scrollTo(0, 0);
  return show();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || link.target || link.download || url.pathname.startsWith("/api/") || url.pathname === "/login" || link.hash) return;
  event.preventDefault();
  go(url.pathname + url.search);
});
window.addEventListener("popstate", show);

const NAMES = { auto: "◐ auto", light: "○ light", dark: "● dark" };
const theme = document.getElementById("theme");
const shownTheme = () => fill(theme, el("span.sr", "Theme: "), NAMES[window.kairosTheme.read()]);
theme.addEventListener("click", () => { window.kairosTheme.next(); shownTheme(); });
shownTheme();
document.getElementById("help").addEventListener("click", showKeys);

let chord = 0;
addKeys([
  { key: "?", text: "this help", run: showKeys },
  { key: "/", text: "search, or the filter of the page", run: () => {
    const field = document.querySelector("main input[type=search]");
    if (field) { field.focus(); field.select(); } else go("/search");
  } },
  { key: "g", shown: ["g", "then r h s c g q o"], text: "go to rooms, highlights, search, compare, gifting, queries, operation", run: () => {
    chord = performance.now();
  } },
]);
document.addEventListener("keydown", (event) => {
  if (!chord || performance.now() - chord > 1200 || event.target.closest?.("input, textarea, select")) return;
  const page = PAGES.find((p) => p.key === event.key);
  if (!page || (event.key === "g" && performance.now() - chord < 30)) return;
  chord = 0;
  event.preventDefault();
  event.stopImmediatePropagation();
  go(page.path);
}, true);

async function whoami() {
  state.me = await get("/api/v1/me");
  const { me } = state;
  const out = el("form", { method: "post", action: "/logout" }, el("button.quiet", { type: "submit" }, "log out"));
  const role = me.editor ? "editor" : "reader";
  fill(document.getElementById("me"), me.session ? out : me.login ? el("a", { href: "/login" }, "log in") : me.name === "anonymous" ? role : `${me.name} · ${role}`);
}
await whoami().catch(() => {});
show();
