// All rooms at a glance, their curves moving.

import { get } from "/assets/api.js";
import { el, fill, settled, svg } from "/assets/dom.js";
import { count, plural, score, span } from "/assets/format.js";
import { setPageKeys } from "/assets/keys.js";
import { listen } from "/assets/live.js";
import { Spark } from "/assets/spark.js";

const ORDERS = {
  state: ["live first", (a, b) => b.live - a.live || a.title.localeCompare(b.title)],
  score: ["score now", (a, b) => b.live - a.live || b.score - a.score],
  open: ["most to review", (a, b) => b.open - a.open],
  name: ["name", (a, b) => a.room.localeCompare(b.room)],
};

const bubble = () => svg("svg", { viewBox: "0 0 16 16", "aria-label": "comments", role: "img" }, svg("path", { d: "M2 3h12v8H7l-3 3v-3H2z" }));

async function all(signal) {
  const rooms = [];
  let after = "";
  do {
    const page = await get("/api/v1/rooms", { curve: 90, limit: 250, after }, signal);
    rooms.push(...page.rooms);
    after = page.next;
  } while (after && rooms.length < 2000);
  return rooms;
}

class Card {
  constructor(room) {
    this.room = room;
    this.canvas = el("canvas.spark", { role: "img", "aria-label": `Score of ${room.title || room.room}` });
    this.now = el("span.now", { title: "score now" });
    this.facts = el("footer");
    this.root = el("a.room-card", { href: `/rooms/${encodeURIComponent(room.room)}/${encodeURIComponent(room.stream)}` },
      el("div", el("h2", room.title || room.room), el("div.id", room.room)), this.now, this.canvas, this.facts);
    this.spark = new Spark(this.canvas, room.curve, room.live);
    this.write();
  }

  write() {
    const { room } = this;
    this.now.textContent = room.live ? score(room.score) : "";
    fill(this.facts,
      room.live ? el("span.chip.live", "live") : el("span.chip", room.unit_us ? "ended" : "no scores yet"),
      room.simulated ? el("span.chip", "simulated") : null,
      room.behind_us > 20e6 ? el("span.chip.warn", `${span(room.behind_us)} behind`) : null,
      room.drops > 100 ? el("span.chip.warn", plural(room.drops, "drop")) : null,
      el("span.said-count", { title: `${count(room.comments)} comments` }, bubble(), count(room.comments)),
      room.comment_lag_us === null ? null : el("span", { title: "comment lag" }, `${span(room.comment_lag_us)} lag`),
      el("span.open", room.open ? `${count(room.open)} to review` : ""));
  }

  score(news) {
    if (news.stream !== this.room.stream || news.model !== this.room.model) return;
    this.spark.push(news.media_us, news.score);
    if (news.media_us >= (this.last ?? 0)) {
      this.last = news.media_us;
      this.room.score = news.score;
      this.now.textContent = score(news.score);
    }
  }
}

export async function open(main, _, query) {
  const aborted = new AbortController();
  let cards = new Map();
  let order = query.get("sort") ?? "state";
  const grid = el("div.rooms");
  const sub = el("p.sub");
  const empty = el("p.empty", { hidden: true }, "No room yet. Replay a recording, or capture a live source, and it shows up here.");
  const filter = el("input", { type: "search", placeholder: "Filter rooms", "aria-label": "Filter rooms" });
  const sort = el("select", { "aria-label": "Order" }, Object.entries(ORDERS).map(([key, [name]]) => el("option", { value: key, selected: key === order }, name)));
  fill(main, el("div.head", el("h1", "Rooms"), el("div.end", filter, sort), sub), empty, grid);

  const arrange = () => {
    const wanted = filter.value.trim().toLowerCase();
    const list = [...cards.values()].filter(({ room }) => `${room.title} ${room.room}`.toLowerCase().includes(wanted));
    list.sort((a, b) => ORDERS[order][1](a.room, b.room));
    fill(grid, list.map((card) => card.root));
    const rooms = [...cards.values()].map((card) => card.room);
    const sum = (what) => rooms.reduce((total, room) => total + room[what], 0);
    sub.textContent = `${plural(rooms.length, "room")}, ${count(rooms.filter((r) => r.live).length)} live · ${plural(sum("highlights"), "highlight")}, ${count(sum("open"))} to review`;
    empty.hidden = rooms.length > 0;
  };
  const load = async () => {
    const rooms = await all(aborted.signal);
    cards.forEach((card) => card.spark.remove());
    cards = new Map(rooms.map((room) => [room.room, new Card(room)]));
    arrange();
  };
  const reload = settled(1500, () => load().catch(() => {}));
  filter.addEventListener("input", settled(80, arrange));
  sort.addEventListener("change", () => { order = sort.value; arrange(); });
  setPageKeys([
    { key: "j", text: "next room", run: () => step(1) },
    { key: "k", text: "previous room", run: () => step(-1) },
  ]);
  const step = (by) => {
    const list = [...grid.children], at = list.indexOf(document.activeElement);
    list[Math.max(0, Math.min(list.length - 1, at < 0 ? 0 : at + by))]?.focus();
  };
  await load();
  listen([], {
    score: (news) => (cards.has(news.room) ? cards.get(news.room).score(news) : reload()),
    resync: reload,
    highlight: (news) => {
      const card = cards.get(news.room);
      if (card && !news.reviewed_us && news.revision === 0) { card.room.open += 1; card.write(); }
    },
  });
  // Facts that no news tell: lag, drops, rooms that came or went.
  const timer = setInterval(() => { if (!document.hidden) load().catch(() => {}); }, 60000);
  return () => {
    aborted.abort();
    clearInterval(timer);
    reload.cancel();
    cards.forEach((card) => card.spark.remove());
  };
}
