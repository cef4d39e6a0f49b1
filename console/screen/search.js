// Moments by words.

import { get } from "/assets/api.js";
import { el, fill } from "/assets/dom.js";
import { clock, plural, score, wall } from "/assets/format.js";
import { setPageKeys } from "/assets/keys.js";

// The words as the server looks for them: at the start of words, or anywhere in a script without spaces.
function pattern(q) {
  const words = q.split(/[^\p{L}\p{N}\p{S}\p{M}]+/u).filter(Boolean).map((w) => w.replace(/[$+^|]/g, "\\$&"));
  return new RegExp(words.map((w) => (/^[\x00-\x7f]+$/.test(w) ? `(?<![\\p{L}\\p{N}])${w}` : w)).join("|") || "$^", "giu");
}

// A text with the words marked that were looked for.
function marked(text, words) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(words)) {
    parts.push(text.slice(at, found.index), el("mark", found[0]));
    at = found.index + found[0].length;
  }
  return [...parts, text.slice(at)];
}

function moment(m, words) {
  const t = Math.max(0, Math.round(m.from_us / 1e6 - 4));
  return el("a.card.moment", { href: `/rooms/${encodeURIComponent(m.room)}/${encodeURIComponent(m.stream)}?t=${t}`, style: { "text-decoration": "none" } },
    el("div", el("b", m.title || m.room), el("span.muted.num", `  ${clock(m.from_us)} · ${wall(m.at_us)}`)),
    el("div.num", m.score ? el("b", score(m.score)) : null, el("span.muted", `  ${plural(m.found, "hit")}${m.words ? `, ${m.words} spoken` : ""}`)),
    el("div.stack", { style: { gap: "6px", "grid-column": "1 / -1" } },
      m.speech ? el("blockquote", marked(m.speech, words)) : null,
      m.quotes.length ? el("ul.said", m.quotes.map((text) => el("li", marked(text, words)))) : null));
}

export async function open(main, _, query) {
  const field = el("input", { type: "search", name: "q", value: query.get("q") ?? "", placeholder: "Words that were said, spoken or written", "aria-label": "Words", maxLength: 200 });
  const results = el("div.moments", { "aria-live": "polite" });
  const sub = el("p.sub");
  let turn = 0;
  const run = async () => {
    const q = field.value.trim(), own = ++turn;
    history.replaceState(null, "", q ? `/search?q=${encodeURIComponent(q)}` : "/search");
    if (!q) { fill(results); sub.textContent = "Every comment and every spoken word, grouped to moments of half a minute."; return; }
    try {
      const { moments } = await get("/api/v1/search", { q, room: query.get("room") ?? "", limit: 60 });
      if (own !== turn) return;
      sub.textContent = moments.length ? `${moments.length === 60 ? "the best 60 moments" : plural(moments.length, "moment")}` : "";
      fill(results, moments.length ? moments.map((m) => moment(m, pattern(q))) : el("p.empty", `Nobody said “${q}”.`));
    } catch (error) {
      if (own === turn) fill(results, el("p.problem", { role: "alert" }, error.message));
    }
  };
  const form = el("form.big-search", { role: "search", onsubmit: (event) => { event.preventDefault(); run(); } }, field, el("button.primary", { type: "submit" }, "Search"));
  fill(main, el("div.head", el("h1", "Search"), sub), form, results);
  field.focus();
  const step = (by) => {
    const list = [...results.querySelectorAll("a")], at = list.indexOf(document.activeElement);
    list[Math.max(0, Math.min(list.length - 1, at + by))]?.focus();
  };
  setPageKeys([
    { key: "j", text: "next moment", run: () => step(1) },
    { key: "k", text: "previous moment", run: () => step(-1) },
  ]);
  await run();
}
