// One broadcast over time: scores, what moved them, what was said and paid, and why a moment is one.

import { get, path, stream as at } from "/assets/api.js";
import { Chart } from "/assets/chart.js";
import { clamp, colourName, css, el, fill, settled } from "/assets/dom.js";
import { clock, count, money, percent, plural, score, signed, span, wall } from "/assets/format.js";
import { setPageKeys } from "/assets/keys.js";
import { bars, curves, missing, speech, stacked } from "/assets/lanes.js";
import { listen } from "/assets/live.js";
import { alignment, contributions } from "/assets/why.js";

const POINTS = 900;

class Timeline {
  constructor(main, room, streams, name, query) {
    Object.assign(this, { main, room, streams, name, query, delay: null, chosen: null, words: [], highlights: [] });
    this.aborted = new AbortController();
    this.model = query.get("model") ?? undefined;
  }

  // Everything the lanes need over a stretch.
  async read(from, to) {
    const { signal } = this.aborted, where = { from_us: from === undefined ? undefined : Math.floor(from), to_us: to === undefined ? undefined : Math.ceil(to), points: POINTS };
    const of = (what, more) => get(at(this.room.room, this.name, what), { ...where, ...more }, signal);
    const scores = await of("scores", { model: this.model });
    this.model ??= scores.model || undefined;
    const delays = (scores.models.find((m) => m.model === scores.model)?.delays_ms ?? []).slice(0, 4);
    const [density, state, ...late] = await Promise.all([
      of("density"), of("state"),
      ...(delays.length > 1 ? delays : []).map((delay) => of("scores", { model: this.model, delay_ms: delay })),
    ]);
    const close = to !== undefined && to - from < 160e6;
    this.words = close && density.words.some((n) => n) ? (await of("words", { points: undefined, limit: 1000 })).words : [];
    return { scores, density, state, late: late.map((curve, i) => ({ delay: delays[i], curve })) };
  }

  async open() {
    const asked = [Number(this.query.get("t") ?? NaN), Number(this.query.get("to") ?? NaN)];
    this.whole = await this.read();
    this.data = this.whole;
    this.page();
    const { scores } = this.whole;
    const end = Math.max(scores.to_us, this.room.stream === this.name ? this.room.media_us : 0, 1e6);
    this.chart = new Chart(this.plot, end, scores.unit_us || 2e6, {
      view: settled(180, (from, to) => this.refine(from, to)),
      hover: (us, x) => this.hover(us, x),
      choose: (us) => this.choose(us),
    });
    this.chart.paintWhole = (g, x, height) => this.paintWhole(g, x, height);
    this.lanes();
    await this.readHighlights();
    if (Number.isFinite(asked[0])) {
      const t = asked[0] * 1e6;
      this.chart.look(t - 90e6, (Number.isFinite(asked[1]) ? asked[1] * 1e6 : t) + 90e6);
      this.choose(t);
    } else {
      if (end > 1200e6) this.chart.look(end - 900e6, end);
      const recent = scores.media_us.findIndex((us) => us >= end - 880e6);
      const peak = scores.high.indexOf(Math.max(...scores.high.slice(Math.max(0, recent))), Math.max(0, recent));
      if (peak >= 0) this.choose(scores.media_us[peak]);
    }
    listen([this.room.room], { score: (news) => this.news(news), highlight: settled(600, () => this.readHighlights()), resync: () => this.refine() });
    this.keys();
  }

  page() {
    const { room } = this, { scores } = this.whole;
    const current = this.streams.find((s) => s.stream === this.name) ?? {};
    const choice = (label, values, chosen, change, shown = (v) => v) => (values.length < 2 ? null : el("label.field", label,
      el("select", { onchange: (event) => change(event.target.value), "aria-label": label }, values.map((v) => el("option", { value: v, selected: v === chosen }, shown(v))))));
    const address = (name, model) => `/rooms/${encodeURIComponent(room.room)}/${encodeURIComponent(name)}${model ? `?model=${encodeURIComponent(model)}` : ""}`;
    const move = async (to) => (await import("/assets/app.js")).go(to);
    this.tiles = el("div.tiles");
    this.plot = el("div.plot");
    this.readout = el("div.readout", { hidden: true });
    this.plot.append(this.readout);
    this.legend = el("div.legend");
    this.why = el("section.card.pad.stack", { "aria-label": "Why this moment" });
    this.strip = el("div.strip", { tabIndex: 0, role: "region", "aria-label": "Highlights of this broadcast" });
    const tools = el("div.segment", { role: "group", "aria-label": "Zoom" },
      el("button", { type: "button", onclick: () => this.chart.zoom(1.6), "aria-label": "Zoom out" }, "−"),
      el("button", { type: "button", onclick: () => this.chart.zoom(0.6), "aria-label": "Zoom in" }, "+"),
      el("button", { type: "button", onclick: () => this.chart.look(0, this.chart.end) }, "All"));
    fill(this.main, el("div.head",
      el("h1", current.title || room.title || room.room), room.live && room.stream === this.name ? el("span.chip.live", "live") : null,
      current.simulated ? el("span.chip", "simulated") : null,
      el("div.end",
        choice("Broadcast", this.streams.map((s) => s.stream), this.name, (v) => move(address(v)), (v) => `${v} · ${wall(this.streams.find((s) => s.stream === v).started_us)}`),
        choice("Model", scores.models.map((m) => m.model), scores.model, (v) => move(address(this.name, v))),
        el("a.button", { href: `/highlights?room=${encodeURIComponent(room.room)}` }, "Review highlights"),
        el("a.button", { href: `/gifting?room=${encodeURIComponent(room.room)}` }, "Gifting")),
      el("p.sub", el("code", room.room), ` · ${current.source ?? ""} · from ${wall(current.started_us)} · ${scores.model || "not scored yet"}`)),
    el("div.stack", this.tiles,
      el("div.workspace",
        el("section.card.chart", { "aria-label": "Timeline" }, el("div.bar", this.legend, tools), this.plot,
          el("p.keys-line", "Drag to move, pinch or Ctrl + wheel to zoom, click for the reasons. ", el("kbd", "←"), " ", el("kbd", "→"), " move, ", el("kbd", "+"), " ", el("kbd", "−"), " zoom, ", el("kbd", "j"), " ", el("kbd", "k"), " highlights")),
        el("div.side", this.why)),
      el("div", el("h2", { style: { margin: "4px 0 8px" } }, "Highlights"), this.strip)));
    this.facts();
  }

  facts() {
    const { room } = this, now = room.stream === this.name;
    const { density, state } = this.whole, sum = (list) => list.reduce((a, b) => a + b, 0);
    const lag = state.comment_lag_us.findLast((v) => v !== null);
    const fps = state.fps.at(-1), drops = state.drops.at(-1) ?? 0;
    const tile = (value, label, bad) => el(`div.tile${bad ? ".bad" : ""}`, el("b", value), el("span", label));
    this.now = el("b", now && room.live ? score(room.score) : score(Math.max(0, ...this.whole.scores.high)));
    fill(this.tiles,
      el("div.tile", this.now, el("span", now && room.live ? "score now" : "best score")),
      tile(count(sum(density.comments)), `comments, ${count(sum(density.late))} late`),
      tile(money(sum(density.value)), `in ${plural(sum(density.gifts), "gift")}`),
      tile(lag === undefined ? "–" : span(lag), lag === undefined ? "comment lag" : `comment lag, ${percent(state.lag_confidence.at(-1))} sure`),
      tile(fps === undefined ? "–" : fps.toFixed(1), "pictures per second", fps < 20),
      tile(count(drops), "drops", drops > 100));
  }

  lanes() {
    const { scores, density, state, late } = this.data, { unit_us: unit, step_us: step } = scores;
    const dense = step > unit;
    const list = [];
    const pale = ["--provisional", "--second", "--lag", "--words"];
    late.slice(0, -1).forEach(({ curve }, i) => list.push({ at: curve.media_us, values: curve.high, step: curve.step_us, unit, colour: pale[i], dashed: true, wide: 1.2 }));
    list.push({ at: scores.media_us, values: scores.high, low: dense ? scores.low : null, step, unit, colour: "--curve", fill: !dense });
    const lanes = [{ name: "score", height: 168, paint: curves(list) }];
    if (Object.keys(scores.contributions).length) {
      lanes.push({ name: "what moved it", height: 92, paint: stacked({ at: scores.media_us, columns: scores.contributions, step, unit }) });
    }
    const of = (values, over) => ({ from: density.from_us, step: density.step_us, values, over });
    lanes.push({ name: "comments", height: 50, paint: bars(of(density.comments, density.late), "--comments", String, "--bad") });
    if (this.whole.density.gifts.some((n) => n)) {
      lanes.push({ name: "gifts, USD", height: 42, paint: bars(of(density.value), "--gifts", (v) => (v >= 1000 ? `${+(v / 1000).toPrecision(3)}k` : String(+v.toPrecision(3)))) });
    }
    if (this.whole.density.words.some((n) => n)) lanes.push({ name: "speech", height: 26, paint: speech(this.words, of(density.words)) });
    const gone = Object.keys(this.whole.scores.missing);
    if (gone.length) {
      const sets = Object.fromEntries(gone.map((name) => [name, scores.missing[name] ?? []]));
      lanes.push({ name: "missing", height: 6 + gone.length * 9, paint: missing({ at: scores.media_us, sets, step, unit }) });
    }
    if (state.comment_lag_us.some((v) => v !== null)) {
      lanes.push({ name: "comment lag, s", height: 44, paint: curves([{ at: state.media_us, values: state.comment_lag_us.map((v) => (v === null ? null : v / 1e6)), step: Math.max(step, 60e6), unit: 0, colour: "--lag" }], 5) });
    }
    this.chart.setLanes(lanes);
    const entry = (name, colour, kind) => el("span", el(`i${kind ? `.${kind}` : ""}`, { style: { "--c": `var(${colour})` } }), name);
    const after = (ms) => (ms === 0 ? "at once" : `after ${span(ms * 1e3)}`);
    fill(this.legend, entry(late.length ? `score ${after(late.at(-1).delay)}` : "score", "--curve"),
      late.slice(0, -1).map(({ delay }, i) => entry(after(delay), pale[i], "dashed")), entry("highlight", "--band-strong", "block"),
      Object.keys(scores.contributions).map((name) => entry(name, colourName(name), "block")));
  }

  paintWhole(g, x, height) {
    const { scores } = this.whole;
    g.beginPath();
    const most = Math.max(0.2, ...scores.high);
    scores.media_us.forEach((us, i) => g.lineTo(x(us + scores.unit_us / 2), height - 3 - (scores.high[i] / most) * (height - 8)));
    g.strokeStyle = css("--curve");
    g.lineWidth = 1.1;
    g.stroke();
  }

  async refine(from = this.chart.view[0], to = this.chart.view[1]) {
    try {
      this.whole.at = performance.now();
      this.data = from <= 0 && to >= this.chart.end ? (this.whole = await this.read()) : await this.read(from, to);
      this.lanes();
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }

  async readHighlights() {
    const page = await get("/api/v1/highlights", { room: this.room.room, stream: this.name, limit: 1000 }, this.aborted.signal);
    this.highlights = page.highlights.reverse();
    this.bands();
    fill(this.strip, this.highlights.toReversed().slice(0, 120).map((h) => el("a", { href: `/highlights/${h.key}?room=${encodeURIComponent(h.room)}`, data: { key: h.key } },
      h.has_thumbnail ? el("img.thumb", { src: `${path("highlights", h.key, "thumbnail")}`, alt: "", loading: "lazy" }) : el("span.thumb"),
      el("span.about", el("b", score(h.score)), clock(h.start_us), h.verdict ? el(`span.chip.${h.verdict}`, h.verdict) : h.state === "provisional" ? el("span.chip.provisional", "provisional") : null))),
    this.highlights.length ? null : el("p.empty", this.room.live && this.room.stream === this.name ? "No highlight yet." : "No highlight in this broadcast."));
  }

  bands() {
    this.chart.bands = this.highlights.map((h) => ({ from: h.start_us, to: h.end_us, chosen: h === this.chosen }));
    this.chart.draw();
    this.strip.querySelectorAll("a").forEach((a) => a.toggleAttribute("aria-current", a.dataset.key === this.chosen?.key));
  }

  nearest(us) {
    const { scores } = this.data;
    let best = -1;
    scores.media_us.forEach((t, i) => { if (best < 0 || Math.abs(t - us) < Math.abs(scores.media_us[best] - us)) best = i; });
    return best >= 0 && Math.abs(scores.media_us[best] - us) <= scores.step_us * 1.5 ? best : -1;
  }

  hover(us, x) {
    const i = us === null ? -1 : this.nearest(us - this.data.scores.unit_us / 2);
    this.readout.hidden = i < 0;
    if (i < 0) return;
    const { scores, density } = this.data, k = Math.floor((us - density.from_us) / density.step_us);
    fill(this.readout, el("b", clock(scores.media_us[i], true)), " ", scores.final[i] ? null : el("span.chip.provisional", "provisional"),
      el("dl", el("dt", "score"), el("dd", score(scores.high[i])),
        Object.entries(scores.contributions).map(([name, values]) => [el("dt.dot", { style: { "--c": `var(${colourName(name)})` } }, name), el("dd", signed(values[i]))]),
        el("dt", "comments"), el("dd", String(density.comments[k] ?? 0)),
        density.value[k] ? [el("dt", "gifts"), el("dd", money(density.value[k]))] : null));
    const right = x > this.chart.width * 0.6;
    this.readout.style.left = right ? "" : `${x + 18}px`;
    this.readout.style.right = right ? `${this.chart.width + this.chart.left - x + 24}px` : "";
  }

  async choose(us) {
    this.chart.cursor = us;
    this.chosen = this.highlights.find((h) => us >= h.start_us && us < h.end_us) ?? null;
    this.bands();
    this.chart.reveal(us);
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const from = Math.max(0, Math.floor(us - 24e6)), to = Math.ceil(us + 36e6), { signal } = this.aborted;
    try {
      const of = (what, more) => get(at(this.room.room, this.name, what), { from_us: from, to_us: to, ...more }, signal);
      const [scores, said, spoken, state] = await Promise.all([
        of("scores", { model: this.model, points: 60 }), of("comments", { limit: 250 }), of("words", { limit: 200 }), of("state", { points: 60 }),
      ]);
      if (turn === this.turn) this.explain(us, from, to, scores, said.comments, spoken.words, state);
    } catch (error) {
      if (error.name !== "AbortError") fill(this.why, el("p.problem", error.message));
    }
  }

  explain(us, from, to, scores, said, words, state) {
    let i = scores.media_us.findLastIndex((t) => t <= us);
    i = clamp(i, 0, scores.media_us.length - 1);
    const lag = scores.comment_lag_us[i] ?? null;
    const of = Object.fromEntries(Object.entries(scores.contributions).map(([name, values]) => [name, values[i]]));
    const gone = Object.entries(scores.missing).filter(([, set]) => set.includes(i)).map(([name]) => name);
    const spoken = words.filter((w) => w.end_us > us - 6e6 && w.start_us < us + 8e6).map((w) => w.text).join(" ");
    const start = scores.media_us[i] ?? us, meant = said.filter((c) => c.media_us - (lag ?? 0) >= start - 2e6 && c.media_us - (lag ?? 0) < start + 6e6);
    const texts = [...new Set(meant.map((c) => c.text).filter(Boolean))].slice(0, 10);
    fill(this.why,
      el("div.row", el("h2", "Why this moment"), el("span.spread.muted.num", clock(us))),
      el("div.row", el("b.num", { style: { "font-size": "22px" } }, score(scores.high[i])),
        scores.final[i] === false ? el("span.chip.provisional", "provisional") : null,
        this.chosen ? el("a.chip.trimmed", { href: `/highlights/${this.chosen.key}?room=${encodeURIComponent(this.room.room)}` }, "highlight ↗") : null),
      contributions(of, gone),
      alignment({ from, to, lag, sure: state.lag_confidence.at(-1), comments: said, at: scores.media_us, values: scores.high }),
      spoken ? el("blockquote", spoken) : null,
      texts.length ? el("ul.said", { "aria-label": "Comments that speak of it" }, texts.map((text) => el("li", text))) : el("p.muted.small", "Nobody commented on it."));
  }

  news(news) {
    if (news.stream !== this.name) return;
    if (news.model === this.model && this.room.live) this.now.textContent = score(news.score);
    const { scores } = this.whole;
    if (news.model !== (this.model ?? news.model)) return;
    this.chart.grow(news.media_us + news.unit_us);
    for (const part of new Set([this.data.scores, scores])) {
      const last = part.media_us.at(-1) ?? -1;
      if (news.media_us <= last || (part !== scores && this.chart.view[1] < last)) continue;
      part.media_us.push(news.media_us);
      part.high.push(news.score);
      part.low.push(news.score);
      part.final.push(news.final);
      part.comment_lag_us.push(news.comment_lag_us);
      for (const [name, values] of Object.entries(part.contributions)) values.push(news.contributions[name] ?? 0);
    }
    this.chart.draw();
    // Comments and gifts of the new stretch come with the next reading.
    if (performance.now() - (this.data.at ?? 0) > 6000 && this.chart.view[1] >= this.chart.end - 4 * news.unit_us && !document.hidden) {
      this.data.at = performance.now();
      this.refine().then(() => { this.data.at = performance.now(); });
    }
  }

  keys() {
    const step = (by) => {
      const from = this.chart.cursor ?? 0;
      const next = by > 0 ? this.highlights.find((h) => h.peak_us > from + 1e6) : this.highlights.findLast((h) => h.peak_us < from - 1e6);
      if (next) this.choose(next.peak_us);
    };
    setPageKeys([
      { key: "j", text: "next highlight", run: () => step(1) },
      { key: "k", text: "previous highlight", run: () => step(-1) },
      { key: "ArrowRight", shown: ["→"], text: "later", run: () => this.chart.pan(0.15) },
      { key: "ArrowLeft", shown: ["←"], text: "earlier", run: () => this.chart.pan(-0.15) },
      { key: "+", text: "closer", run: () => this.chart.zoom(0.7) },
      { key: "-", shown: ["−"], text: "wider", run: () => this.chart.zoom(1.4) },
      { key: "0", text: "the whole broadcast", run: () => this.chart.look(0, this.chart.end) },
      { key: "Enter", text: "review the chosen highlight", run: () => { if (!this.chosen) return false; this.strip.querySelector(`[data-key="${this.chosen.key}"]`)?.click(); return true; } },
    ]);
  }

  close() {
    this.aborted.abort();
    this.chart?.close();
  }
}

export async function open(main, [name, stream], query) {
  const [room, { streams }] = await Promise.all([get(path("rooms", name)), get(path("rooms", name, "streams"))]);
  const timeline = new Timeline(main, room, streams, stream ?? room.stream, query);
  await timeline.open();
  return () => timeline.close();
}
