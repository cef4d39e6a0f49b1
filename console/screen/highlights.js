// The list of highlights and the one that is looked at: kept or rejected in a second, by hand or by keys.

import { get, path } from "/assets/api.js";
import { state } from "/assets/app.js";
import { el, fill } from "/assets/dom.js";
import { clock, plural, score, span, wall } from "/assets/format.js";
import { filterBar, readFilters, writeFilters } from "/assets/filters.js";
import { setPageKeys } from "/assets/keys.js";
import { List } from "/assets/list.js";
import { listen } from "/assets/live.js";
import { Player } from "/assets/player.js";

function row(item) {
  const picture = item.has_thumbnail ? el("img.thumb", { alt: "", decoding: "async", data: { src: path("highlights", item.key, "thumbnail") } }) : el("span.thumb");
  const length = (item.trim_to_us ?? item.end_us) - (item.trim_from_us ?? item.start_us);
  return el(`div.item${item.verdict === "rejected" ? ".rejected" : ""}`, { data: { key: item.key } },
    el("span.pic", picture, el("span.length", span(length))),
    el("span", el("div.title", item.title || item.room), el("div.when", `${wall(item.at_us)} · ${clock(item.start_us)}`),
      el("div.chips", item.verdict ? el(`span.chip.${item.verdict}`, item.verdict) : null, item.state === "provisional" ? el("span.chip.provisional", "provisional") : null,
        item.trim_from_us !== null ? el("span.chip.trimmed", "trimmed") : null, item.note ? el("span.chip", "note") : null)),
    el("span.score", score(item.score), el("span.level", el("i", { style: { width: `${Math.min(100, item.score * 100)}%` } }))));
}

export async function open(main, [key], query) {
  const filters = readFilters(query);
  const rooms = (await get("/api/v1/rooms", { limit: 1000 })).rooms;
  const sub = el("p.sub");
  const player = new Player(state.me.editor, {
    changed: (listed) => list.update(listed.key, listed),
    back: () => { review.classList.remove("open"); list.root.focus(); },
  });
  const list = new List({
    label: "Highlights", height: 84, row,
    source: async (after, limit) => {
      const page = await get("/api/v1/highlights", { ...filters, after, limit: limit ?? 200 });
      return { items: page.highlights, next: page.next, total: page.total ?? list.total };
    },
    choose: (item, _, byHand) => {
      writeFilters(filters, item.key);
      if (byHand) review.classList.add("open");
      player.open(item, byHand);
    },
  });
  const review = el("div.review", el("div.card", { style: { overflow: "hidden" } }, list.root), player.root);
  const told = () => { sub.textContent = `${plural(list.total, "highlight")}${filters.verdict === "open" ? " to review" : ""}${state.me.editor ? "" : " · reading only: log in as an editor to review"}`; };
  const again = async () => {
    writeFilters(filters);
    await list.load();
    told();
    if (list.total) list.select(0); else fill(player.root, el("p.empty", "No highlight passes these filters."));
  };
  fill(main, el("div.head", el("h1", "Highlights"), sub), filterBar(filters, rooms, () => again().catch(() => {})), review);
  await list.load();
  told();
  const at = key ? list.items.findIndex((item) => item.key === key) : 0;
  if (at >= 0 && list.total) list.select(at, Boolean(key));
  else if (key) { review.classList.add("open"); player.open({ key }, true); }
  else fill(player.root, el("p.empty", "No highlight passes these filters."));

  const step = (by) => list.select(list.chosen + by);
  const decide = async (verdict) => {
    if (!state.me.editor || !player.item) return;
    const again_ = player.item.verdict === verdict;
    player.verdict(verdict);
    // On to the next, as long as something was decided and not taken back.
    if (!again_) step(1);
  };
  setPageKeys([
    { key: "j", text: "next", run: () => step(1) },
    { key: "k", text: "previous", run: () => step(-1) },
    { key: "ArrowDown", run: () => step(1) },
    { key: "ArrowUp", run: () => step(-1) },
    { key: "Enter", shown: ["Enter"], text: "play or pause", run: () => { review.classList.add("open"); player.playOrPause(); } },
    { key: " ", run: () => player.playOrPause() },
    { key: "y", text: "keep, and on to the next", run: () => { decide("kept"); } },
    { key: "n", text: "reject, and on to the next", run: () => { decide("rejected"); } },
    { key: "t", text: "trim: arrows move the start, Tab goes to the end", run: () => player.trim?.handles[0].focus() },
    { key: "e", text: "export what is kept of the clip", run: () => { player.save(); } },
    { key: "Escape", text: "back to the list", run: () => { review.classList.remove("open"); list.root.focus(); } },
  ]);
  listen([], {
    highlight: (news) => {
      const plain = !filters.text && !filters.sort && !filters.stream && !filters.model && !filters.state && !Number(filters.min_score);
      const known = list.update(news.key, news);
      if (known || !plain || (filters.room && filters.room !== news.room)) return;
      if ((filters.verdict === "open" || filters.verdict === "any") && !news.verdict && news.at_us > (list.items[0]?.at_us ?? 0)) {
        list.insert(news);
        told();
      }
    },
  });
  return () => { list.close(); player.close(); };
}
