// Why this moment: what each modality did, and how comments were laid back onto what they speak of.

import { colourName, el, svg } from "/assets/dom.js";
import { clock, percent, signed, span } from "/assets/format.js";

// Bars of contributions. `missing` are named, so that nothing reads as "no influence".
export function contributions(of, missing = []) {
  const entries = Object.entries(of ?? {}).filter(([, v]) => v !== null).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const most = entries.reduce((m, [, v]) => Math.max(m, Math.abs(v)), 1e-9);
  return el("ul.why", entries.map(([name, v]) => el("li",
    el("span.name", name),
    el("span.bar", el(`i.${v < 0 ? "less" : "more"}`, { style: { width: `${(Math.abs(v) / most) * 50}%`, "--c": `var(${colourName(name)})` } })),
    missing.includes(name) ? el("span.gone", "missing") : el("span.amount", signed(v)))),
  missing.filter((name) => !(name in (of ?? {}))).map((name) => el("li", el("span.name", name), el("span.bar"), el("span.gone", "missing"))));
}

// Comments as they were sent (above), and where the learned lag puts them (below, on the curve).
export function alignment({ from, to, lag, sure, comments, at, values }) {
  const W = 320, H = 148, top = 26, bottom = 128, curveTop = 70;
  const x = (us) => 8 + ((us - from) / (to - from)) * (W - 16);
  const inside = (us) => us >= from && us <= to;
  const most = values.reduce((a, b) => Math.max(a, b ?? 0), 0.2);
  const y = (v) => bottom - (v / most) * (bottom - curveTop);
  const points = at.map((us, i) => [us, values[i]]).filter(([us, v]) => inside(us) && v !== null);
  const path = points.map(([us, v], i) => `${i ? "L" : "M"}${x(us).toFixed(1)} ${y(v).toFixed(1)}`).join("");
  const shown = comments.filter((c) => inside(c.media_us) || inside(c.media_us - (lag ?? 0)));
  const lines = lag === null ? [] : shown.map((c) => svg("path", { d: `M${x(c.media_us).toFixed(1)} ${top} L${x(c.media_us - lag).toFixed(1)} ${bottom}`, stroke: "var(--m-comment)", "stroke-width": 1, opacity: c.late ? 0.15 : 0.4, fill: "none" }));
  const dots = shown.map((c) => svg("circle", { cx: x(c.media_us).toFixed(1), cy: top, r: 2.6, fill: "var(--m-comment)", opacity: c.late ? 0.4 : 1 }));
  const text = (tx, ty, words, anchor = "start") => svg("text", { x: tx, y: ty, "text-anchor": anchor }, words);
  const said = lag === null ? "lag not known yet" : `sent ${span(lag)} after what they mean${sure === undefined ? "" : `, ${percent(sure)} sure`}`;
  const drawing = svg("svg", { class: "align", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `${shown.length} comments, ${said}` },
    text(8, 13, `${shown.length} comments, ${lag === null ? said : `sent ${span(lag)} after what they mean`}`),
    path ? svg("path", { d: `${path}L${x(points.at(-1)[0]).toFixed(1)} ${bottom}L${x(points[0][0]).toFixed(1)} ${bottom}Z`, fill: "var(--curve-fill)" }) : null,
    path ? svg("path", { d: path, stroke: "var(--curve)", "stroke-width": 1.8, fill: "none" }) : null,
    lines, dots,
    svg("path", { d: `M8 ${bottom}H${W - 8}`, stroke: "var(--axis)" }),
    text(8, H - 4, clock(from)), text(W - 8, H - 4, clock(to), "end"));
  return drawing;
}
