// Who is likely to give, and why.

import { get, path, stream as at } from "/assets/api.js";
import { el, fill } from "/assets/dom.js";
import { clock, money, percent, plural } from "/assets/format.js";

export async function open(main, _, query) {
  const { rooms } = await get("/api/v1/rooms", { limit: 1000 });
  const body = el("div.stack");
  const end = el("div.end");
  fill(main, el("div.head", el("h1", "Gifting"), end, el("p.sub", "The viewers whose next gift is worth the most, with the strongest reason for each.")), body);
  if (!rooms.length) { fill(body, el("p.empty", "No room yet.")); return; }
  const draw = async (name) => {
    history.replaceState(null, "", `/gifting?room=${encodeURIComponent(name)}`);
    const room = rooms.find((r) => r.room === name) ?? await get(path("rooms", name));
    const [{ predictions }, { gifts }] = await Promise.all([
      get(at(room.room, room.stream, "predictions"), { limit: 100 }), get(at(room.room, room.stream, "gifts"), { from_us: Math.max(0, room.media_us - 600e6), limit: 200 }),
    ]);
    const most = predictions.reduce((m, p) => Math.max(m, p.probability), 0.01);
    const people = predictions.map((p) => el("li.person",
      el("div", el("b", p.user), el("div.small.muted", `at ${clock(p.media_us)}`)),
      el("div.chance", el("span.num", percent(p.probability)), el("span.level", el("i", { style: { width: `${(p.probability / most) * 100}%` } }))),
      el("div.reason", p.reason),
      el("div.worth", el("b", money(p.expected_value)), el("div.small.muted", p.given > 0 ? `gave ${money(p.given)} since` : p.given_before > 0 ? `gave ${money(p.given_before)} before` : "nothing yet"))));
    const sum = predictions.reduce((total, p) => total + p.expected_value, 0);
    const given = gifts.reduce((total, g) => total + g.value, 0);
    fill(body,
      el("div.tiles", el("div.tile", el("b", money(sum)), el("span", `expected from ${plural(predictions.length, "viewer")}`)),
        el("div.tile", el("b", money(given)), el("span", `${plural(gifts.length, "gift")} in the last ten minutes`)),
        el("div.tile", el("b.mono", { style: { "font-size": "14px" } }, predictions[0]?.model ?? "–"), el("span", "model"))),
      predictions.length ? el("ol.card.people", people) : el("p.empty", "No prediction for this room's last broadcast."),
      gifts.length ? el("section.card.scroll", el("h2.pad", "Last gifts"), el("table",
        el("thead", el("tr", ["time", "viewer", "gift", "value", "message"].map((name, i) => el(`th${i === 3 ? ".n" : ""}`, { scope: "col" }, name)))),
        el("tbody", gifts.toReversed().slice(0, 30).map((g) => el("tr",
          el("td", el("a", { href: `/rooms/${encodeURIComponent(room.room)}/${encodeURIComponent(room.stream)}?t=${Math.round(g.media_us / 1e6)}` }, clock(g.media_us))),
          el("td", g.user), el("td", `${g.count > 1 ? `${g.count} × ` : ""}${g.name || g.kind}`), el("td.n", money(g.value)), el("td", g.text)))))) : null);
  };
  const fail = (error) => fill(body, el("p.problem", { role: "alert" }, error.message));
  const first = query.get("room") ?? rooms.find((r) => r.live && r.gifts)?.room ?? rooms[0].room;
  fill(end, el("label.field", "Room", el("select", { "aria-label": "Room", onchange: (event) => draw(event.target.value).catch(fail) },
    rooms.map((r) => el("option", { value: r.room, selected: r.room === first }, r.title || r.room)))));
  await draw(first).catch(fail);
}
