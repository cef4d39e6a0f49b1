// What the lanes of a timeline look like, each painted from the columns it is given.
//
// A column is a list of numbers at `at` (media time of each step), in order; null where nothing is known.

import { colour, css } from "/assets/dom.js";
import { niceStep } from "/assets/format.js";

export function clip(g, lane, chart) {
  g.beginPath();
  g.rect(chart.left, lane.top - 2, chart.width, lane.height + 4);
  g.clip();
}

// First and last index that the view shows, one more at both sides.
export function range(at, chart, step) {
  let low = 0, high = at.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle] + step < chart.view[0]) low = middle + 1; else high = middle;
  }
  let end = low;
  while (end < at.length && at[end] <= chart.view[1] + step) end += 1;
  return [Math.max(0, low - 1), Math.min(at.length, end + 1)];
}

export function scale(g, lane, chart, low, high, ticks, shown = (v) => String(+v.toPrecision(3)).replace("-", "−")) {
  const y = (v) => lane.top + lane.height - ((v - low) / (high - low || 1)) * lane.height;
  const step = niceStep((high - low) / ticks);
  g.textAlign = "right";
  g.textBaseline = "middle";
  for (let v = Math.ceil(low / step - 1e-6) * step; v <= high + step * 1e-6; v += step) {
    g.fillStyle = Math.abs(v) < step / 2 ? css("--axis") : css("--grid");
    g.fillRect(chart.left, Math.round(y(v)), chart.width, 1);
    g.fillStyle = css("--muted");
    g.fillText(shown(v), chart.left - 6, y(v));
  }
  return y;
}

function runs(at, values, from, to, step) {
  const found = [];
  let before = -Infinity;
  for (let i = from; i < to; i += 1) {
    if (values[i] === null || values[i] === undefined) { before = -Infinity; continue; }
    if (at[i] - before > step * 2.5) found.push([]);
    found.at(-1).push(i);
    before = at[i];
  }
  return found;
}

// Curves: [{at, values, low, step, colour, dashed, fill, wide}].
export function curves(list, top = 1, bottom = 0) {
  return (g, lane, chart) => {
    const highest = list.reduce((m, c) => c.values.reduce((a, b) => Math.max(a, b ?? 0), m), 0);
    const y = scale(g, lane, chart, bottom, Math.max(top * 0.2, highest * 1.06) || 1, 4);
    clip(g, lane, chart);
    for (const curve of list) {
      const [from, to] = range(curve.at, chart, curve.step);
      const x = (i) => chart.x(curve.at[i] + (curve.unit ?? curve.step) / 2);
      g.lineJoin = "round";
      for (const run of runs(curve.at, curve.values, from, to, curve.step)) {
        if (curve.fill) {
          const shade = g.createLinearGradient(0, lane.top, 0, lane.top + lane.height);
          shade.addColorStop(0, css("--curve-fill"));
          shade.addColorStop(1, "transparent");
          g.fillStyle = shade;
          g.beginPath();
          run.forEach((i) => g.lineTo(x(i), y(curve.values[i])));
          g.lineTo(x(run.at(-1)), y(0));
          g.lineTo(x(run[0]), y(0));
          g.fill();
        }
        // Between the lowest and the highest of a step that holds many units.
        if (curve.low) {
          g.fillStyle = css("--curve-fill");
          g.beginPath();
          run.forEach((i) => g.lineTo(x(i), y(curve.values[i])));
          [...run].reverse().forEach((i) => g.lineTo(x(i), y(curve.low[i])));
          g.fill();
        }
        g.strokeStyle = css(curve.colour);
        g.lineWidth = curve.wide ?? 1.7;
        g.setLineDash(curve.dashed ? [4, 3] : []);
        g.beginPath();
        run.forEach((i) => g.lineTo(x(i), y(curve.values[i])));
        if (run.length === 1) g.arc(x(run[0]), y(curve.values[run[0]]), 1.5, 0, 7);
        g.stroke();
      }
    }
  };
}

// What each modality added or took away, stacked.
export function stacked({ at, columns, step, unit }) {
  return (g, lane, chart) => {
    let low = 0, high = 0;
    for (let i = 0; i < at.length; i += 1) {
      let up = 0, down = 0;
      for (const values of Object.values(columns)) if (values[i] > 0) up += values[i]; else down += values[i];
      low = Math.min(low, down);
      high = Math.max(high, up);
    }
    const y = scale(g, lane, chart, low, high || 1, 3);
    clip(g, lane, chart);
    const [from, to] = range(at, chart, step);
    const wide = Math.max(1.2, chart.x(step) - chart.x(0));
    const up = new Float64Array(to - from), down = new Float64Array(to - from);
    for (const [name, values] of Object.entries(columns)) {
      g.fillStyle = colour(name);
      for (let i = from; i < to; i += 1) {
        const v = values[i];
        if (!v) continue;
        const base = v > 0 ? up : down, start = base[i - from];
        base[i - from] += v;
        const a = y(start), b = y(start + v), x = chart.x(at[i] + unit / 2) - wide / 2;
        g.fillRect(x, Math.min(a, b), wide + 0.3, Math.max(0.6, Math.abs(a - b)));
      }
    }
  };
}

// Bars of one or two columns; the second is drawn over the first.
export function bars({ from, step, values, over }, name, shown, overName) {
  return (g, lane, chart) => {
    const most = values.reduce((a, b) => Math.max(a, b), 0) || 1;
    g.textAlign = "right";
    g.textBaseline = "middle";
    g.fillStyle = css("--muted");
    g.fillText(shown(most), chart.left - 6, lane.top + 4);
    clip(g, lane, chart);
    g.fillStyle = css("--axis");
    g.fillRect(chart.left, lane.top + lane.height, chart.width, 1);
    const wide = chart.x(step) - chart.x(0), gap = wide > 4 ? 1 : 0;
    const first = Math.max(0, Math.floor((chart.view[0] - from) / step)), last = Math.min(values.length, Math.ceil((chart.view[1] - from) / step) + 1);
    const paint = (column, style) => {
      g.fillStyle = style;
      for (let i = first; i < last; i += 1) {
        if (!column[i]) continue;
        const height = Math.max(1.5, (column[i] / most) * (lane.height - 2));
        g.fillRect(chart.x(from + i * step) + gap / 2, lane.top + lane.height - height, Math.max(1, wide - gap), height);
      }
    };
    paint(values, css(name));
    if (over) paint(over, css(overName));
  };
}

// Words where there is room for them, and a band where somebody speaks where there is none.
export function speech(words, density) {
  return (g, lane, chart) => {
    clip(g, lane, chart);
    const close = chart.view[1] - chart.view[0] < 150e6 && words.length;
    if (!close) {
      const { from, step, values } = density, most = values.reduce((a, b) => Math.max(a, b), 0) || 1;
      g.fillStyle = css("--words");
      values.forEach((v, i) => {
        if (!v) return;
        g.globalAlpha = 0.35 + 0.65 * (v / most);
        g.fillRect(chart.x(from + i * step), lane.top + 4, Math.max(1.5, chart.x(step) - chart.x(0)), lane.height - 8);
      });
      return;
    }
    g.textAlign = "left";
    g.textBaseline = "middle";
    let until = -Infinity;
    for (const word of words) {
      const x = chart.x(word.start_us), end = chart.x(word.end_us);
      if (end < chart.left || x > chart.left + chart.width) continue;
      g.fillStyle = css("--words");
      g.globalAlpha = 0.35 + 0.65 * word.probability;
      g.fillRect(x, lane.top + lane.height - 4, Math.max(1.5, end - x - 1), 3);
      g.globalAlpha = 1;
      if (x < until) continue;
      g.fillStyle = css("--ink");
      g.fillText(word.text, x, lane.top + lane.height / 2 - 2);
      until = x + g.measureText(word.text).width + 4;
    }
  };
}

// When modalities were missing.
export function missing({ at, sets, step, unit }) {
  const names = Object.keys(sets);
  return (g, lane, chart) => {
    clip(g, lane, chart);
    names.forEach((name, row) => {
      const y = lane.top + 2 + row * 9;
      g.fillStyle = css("--grid");
      g.fillRect(chart.left, y, chart.width, 6);
      g.fillStyle = colour(name);
      const wide = Math.max(1.5, chart.x(Math.max(step, unit)) - chart.x(0) + 0.5);
      for (const i of sets[name]) g.fillRect(chart.x(at[i]), y, wide, 6);
    });
  };
}
