// Two models over one broadcast.

import { get, path, stream as at } from "/assets/api.js";
import { Chart } from "/assets/chart.js";
import { css, el, fill } from "/assets/dom.js";
import { clock, count, score, span } from "/assets/format.js";
import { curves } from "/assets/lanes.js";
import { setPageKeys } from "/assets/keys.js";

export async function open(main, _, query) {
  const { rooms } = await get("/api/v1/rooms", { limit: 1000 });
  const body = el("div.stack");
  let chart = null;
  const select = (label, values, chosen, change) => el("label.field", label, el("select", { "aria-label": label, onchange: (event) => change(event.target.value) },
    values.map(([value, text]) => el("option", { value, selected: value === chosen }, text))));
  const chosen = { room: query.get("room") ?? "", stream: query.get("stream") ?? "", a: query.get("a") ?? "", b: query.get("b") ?? "" };
  const end = el("div.end");
  fill(main, el("div.head", el("h1", "Compare models"), end, el("p.sub", "The same recording, scored twice: how alike, and where they part.")), body);

  const draw = async () => {
    chart?.close();
    chart = null;
    if (!rooms.length) { fill(body, el("p.empty", "No room yet.")); return; }
    if (!chosen.room) {
      // The first room that two models have scored, among a few.
      for (const room of rooms.slice(0, 12)) {
        const { streams } = await get(path("rooms", room.room, "streams"));
        const two = streams.find((s) => s.models.length > 1);
        if (two) { chosen.room = room.room; chosen.stream = two.stream; break; }
      }
      chosen.room ||= rooms[0].room;
    }
    const { streams } = await get(path("rooms", chosen.room, "streams"));
    const current = streams.find((s) => s.stream === chosen.stream) ?? streams[0];
    chosen.stream = current?.stream ?? "";
    const models = current?.models ?? [];
    if (!models.includes(chosen.a)) chosen.a = models[0] ?? "";
    if (!models.includes(chosen.b)) chosen.b = models[1] ?? models[0] ?? "";
    history.replaceState(null, "", `/compare?${new URLSearchParams(chosen)}`);
    const set = (name) => (value) => { chosen[name] = value; if (name === "room") chosen.stream = ""; draw().catch(fail); };
    fill(end,
      select("Room", rooms.map((r) => [r.room, r.title || r.room]), chosen.room, set("room")),
      streams.length > 1 ? select("Broadcast", streams.map((s) => [s.stream, s.stream]), chosen.stream, set("stream")) : null,
      select("A", models.map((m) => [m, m]), chosen.a, set("a")), select("B", models.map((m) => [m, m]), chosen.b, set("b")));
    if (models.length < 2) { fill(body, el("p.empty", "Only one model has scored this broadcast. Score it with another and come back.")); return; }
    const two = await get(at(chosen.room, chosen.stream, "compare"), { a: chosen.a, b: chosen.b, points: 900 });
    show(two);
  };
  const fail = (error) => fill(body, el("p.problem", { role: "alert" }, error.message));
  const show = ({ a, b, agreement, apart }) => {
    const plot = el("div.plot");
    const tile = (value, label) => el("div.tile", el("b", value), el("span", label));
    const number = (x) => (x === null ? "–" : x.toFixed(3));
    const entry = (name, colour) => el("span", el("i", { style: { "--c": `var(${colour})` } }), name);
    fill(body,
      agreement ? el("div.tiles",
        tile(number(agreement.rank_correlation), "rank correlation"), tile(number(agreement.correlation), "correlation"),
        tile(number(agreement.mean_difference), "mean difference"), tile(`${agreement.shared_top} of 20`, "best moments shared"),
        tile(count(agreement.units), "units scored by both"),
        tile(agreement.delay_a === agreement.delay_b ? span(agreement.delay_a * 1e3) : `${span(agreement.delay_a * 1e3)} / ${span(agreement.delay_b * 1e3)}`, "longest wait, A / B")) : el("p.empty", "No unit was scored by both."),
      agreement && agreement.delay_a !== agreement.delay_b ? el("p.problem", "One model waited longer than the other and knew more: this is no fair comparison.") : null,
      el("section.card.chart", { "aria-label": "Both curves" }, el("div.bar", el("div.legend", entry(`A  ${chosen.a}`, "--curve"), entry(`B  ${chosen.b}`, "--second")),
        el("div.segment", el("button", { type: "button", "aria-label": "Zoom out", onclick: () => chart.zoom(1.6) }, "−"), el("button", { type: "button", "aria-label": "Zoom in", onclick: () => chart.zoom(0.6) }, "+"), el("button", { type: "button", onclick: () => chart.look(0, chart.end) }, "All"))), plot),
      el("div.split", el("section.card.scroll", el("h2.pad", "Where they part"), el("table",
        el("thead", el("tr", ["time", "A", "rank", "B", "rank"].map((name, i) => el(`th${i ? ".n" : ""}`, { scope: "col" }, name)))),
        el("tbody", apart.map((unit) => el("tr",
          el("td", el("a", { href: `/rooms/${encodeURIComponent(chosen.room)}/${encodeURIComponent(chosen.stream)}?t=${Math.round(unit.media_us / 1e6)}` }, clock(unit.media_us))),
          el("td.n", score(unit.score_a)), el("td.n", count(unit.rank_a)), el("td.n", score(unit.score_b)), el("td.n", count(unit.rank_b))))))),
      agreement ? el("section.card.pad.stack", el("h2", "In words"), el("p", `Of the twenty best moments of each, ${agreement.shared_top} are the same. On average A gives ${score(agreement.mean_a)} and B ${score(agreement.mean_b)}; their orders of all moments correlate by ${number(agreement.rank_correlation)}.`)) : null));
    chart = new Chart(plot, Math.max(a.to_us, b.to_us), a.unit_us || 2e6, { choose: (us) => { chart.cursor = us; chart.draw(); } });
    const curve = (of, colour, fillIt) => ({ at: of.media_us, values: of.high, step: of.step_us, unit: of.unit_us, colour, fill: fillIt });
    const at_b = new Map(b.media_us.map((us, i) => [us, b.high[i]]));
    const difference = a.media_us.map((us, i) => (at_b.has(us) ? a.high[i] - at_b.get(us) : null));
    chart.paintWhole = (g, x, height) => {
      const most = Math.max(0.2, ...a.high);
      g.beginPath();
      a.media_us.forEach((us, i) => g.lineTo(x(us + a.unit_us / 2), height - 3 - (a.high[i] / most) * (height - 8)));
      g.strokeStyle = css("--curve");
      g.stroke();
    };
    const reach = difference.reduce((m, v) => Math.max(m, Math.abs(v ?? 0)), 0.1);
    chart.setLanes([
      { name: "score", height: 180, paint: curves([curve(a, "--curve", true), curve(b, "--second")]) },
      { name: "A − B", height: 90, paint: curves([{ at: a.media_us, values: difference, step: a.step_us, unit: a.unit_us, colour: "--lag" }], reach, -reach) },
    ]);
  };
  setPageKeys([
    { key: "+", text: "closer", run: () => chart?.zoom(0.7) },
    { key: "-", shown: ["−"], text: "wider", run: () => chart?.zoom(1.4) },
    { key: "ArrowRight", shown: ["→"], text: "later", run: () => chart?.pan(0.15) },
    { key: "ArrowLeft", shown: ["←"], text: "earlier", run: () => chart?.pan(-0.15) },
    { key: "0", text: "the whole broadcast", run: () => chart?.look(0, chart.end) },
  ]);
  await draw();
  return () => chart?.close();
}
