// The filters of the highlights, kept in the address, so that a view can be sent to a colleague.

import { el, settled } from "/assets/dom.js";

const VERDICTS = [["any", "All"], ["open", "To review"], ["kept", "Kept"], ["rejected", "Rejected"]];
const NAMES = ["room", "stream", "model", "verdict", "state", "min_score", "text", "sort"];

export function readFilters(query) {
  const filters = Object.fromEntries(NAMES.map((name) => [name, query.get(name) ?? ""]));
  filters.verdict ||= "open";
  return filters;
}

export function writeFilters(filters, key) {
  const known = Object.entries(filters).filter(([name, value]) => value && !(name === "verdict" && value === "open") && !(name === "min_score" && Number(value) === 0));
  const query = new URLSearchParams(known).toString();
  history.replaceState(null, "", `/highlights${key ? `/${key}` : ""}${query ? `?${query}` : ""}`);
}

export function filterBar(filters, rooms, changed) {
  const set = (name, value) => { filters[name] = value; changed(); };
  const typed = settled(250, (value) => set("text", value));
  const segment = el("div.segment", { role: "group", "aria-label": "Verdict" }, VERDICTS.map(([value, name]) => el("button", {
    type: "button", "aria-pressed": String(filters.verdict === value), data: { verdict: value },
    onclick: (event) => {
      event.currentTarget.parentNode.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", String(b === event.currentTarget)));
      set("verdict", value);
    },
  }, name)));
  const choice = (name, label, values) => el("select", { "aria-label": label, onchange: (event) => set(name, event.target.value) },
    values.map(([value, text]) => el("option", { value, selected: filters[name] === value }, text)));
  const least = el("output.num", Number(filters.min_score || 0).toFixed(2));
  const slide = settled(200, (value) => set("min_score", value));
  const range = el("input", { type: "range", min: "0", max: "1", step: "0.05", value: filters.min_score || "0", "aria-label": "Score at least", oninput: (event) => {
    least.textContent = Number(event.target.value).toFixed(2);
    slide(event.target.value);
  } });
  return el("div.filters", { role: "search" }, segment,
    el("input", { type: "search", value: filters.text, placeholder: "Words in comments or speech", "aria-label": "Words in comments or speech", oninput: (event) => typed(event.target.value) }),
    choice("room", "Room", [["", "All rooms"], ...rooms.map((room) => [room.room, room.title || room.room])]),
    choice("state", "State", [["", "Any state"], ["final", "Final"], ["provisional", "Provisional"]]),
    choice("sort", "Order", [["", "Newest first"], ["best", "Best first"]]),
    el("label.field", "score ≥", least, range));
}
