// Keys: those of every page, those of the page that is open, and the dialog that tells of them.

import { el, fill } from "/assets/dom.js";

const always = [];
let page = [];

// A key: {key, shown, text, run}. `run` returns false to let the browser have it.
export const addKeys = (keys) => always.push(...keys);
export const setPageKeys = (keys) => { page = keys; };

function typing(target) {
  return target.closest?.("input:not([type=range]), textarea, select, [contenteditable]");
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (typing(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  // Enter and space belong to the button or link that has the focus.
  const own = event.target.closest?.("button, a, summary, [role=slider]");
  if (own && (event.key === "Enter" || event.key === " " || (event.target.role === "slider" && event.key.startsWith("Arrow")))) return;
  const found = [...page, ...always].find((key) => key.key === event.key);
  if (found && found.run(event) !== false) event.preventDefault();
});

export function showKeys() {
  const dialog = document.getElementById("keys");
  const close = el("button.quiet", { type: "button", onclick: () => dialog.close(), "aria-label": "Close" }, "✕");
  const lines = [...page, ...always].filter((key) => key.text).map((key) => [
    el("dt", (key.shown ?? [key.key]).map((k) => el("kbd", k))), el("dd", key.text),
  ]);
  const close_row = el("div.row", el("h2", { id: "keys-title" }, "Keys of this page"), el("span.spread", close));
  fill(dialog, close_row, el("dl", lines));
  dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
  dialog.showModal();
}
