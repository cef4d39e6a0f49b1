// Paints the lanes of a room's timeline, each from the pixel columns it is given.
//
// The chart that extends this says where times (`x`, `left`, `width`) and lanes
// (`top`, `height`) are. A lane paints inside its own rectangle and keeps no state
// but the reach of its axis.
"use strict";

class Lanes {
  clip(g, lane) {
    g.beginPath();
    g.rect(this.left, lane.top - 1, this.width, lane.height + 2);
    g.clip();
  }

  scale(g, lane, low, high, ticks) {
    const y = (v) => lane.top + lane.height - ((v - low) / (high - low || 1)) * lane.height;
    const step = niceStep((high - low) / ticks);
    g.textAlign = "right";
    g.textBaseline = "middle";
    for (let v = Math.ceil(low / step - 1e-6) * step; v <= high + step * 1e-6; v += step) {
      g.strokeStyle = Math.abs(v) < step / 2 ? css("--axis") : css("--grid");
      g.beginPath();
      g.moveTo(this.left, Math.round(y(v)) + 0.5);
      g.lineTo(this.left + this.width, Math.round(y(v)) + 0.5);
      g.stroke();
      g.fillStyle = css("--muted");
      g.fillText(String(+v.toPrecision(3)).replace("-", "−"), this.left - 6, y(v));
    }
    return y;
  }

  // Lowest and highest of a column of numbers within a range of units.
  extremes(column, from, to) {
    let low = Infinity, high = -Infinity;
    for (let i = from; i < to; i += 1) {
      const v = column[i];
      if (v === null) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
    return high < low ? null : [low, high];
  }

  // Stretches of columns that follow one another without a gap: [x, low, high].
  runs(columns, column) {
    const runs = [];
    let before = null;
    for (const c of columns) {
      const e = this.extremes(column, c.from, c.to);
      if (e && (!before || c.left - before.left - before.width > 1.5)) runs.push([]);
      if (e) runs[runs.length - 1].push([c.x, e[0], e[1]]);
      before = e ? c : null;
    }
    return runs;
  }

  // A line through single units; a bar from lowest to highest where a column holds many,
  // which is also many times faster than a line that goes up and down in every column.
  line(g, columns, column, y) {
    g.fillStyle = g.strokeStyle;
    for (const run of this.runs(columns, column)) {
      if (columns.dense) {
        run.forEach(([x, low, high], k) => {
          const before = run[k - 1] || run[k];
          const top = y(Math.max(high, before[1])), bottom = y(Math.min(low, before[2]));
          g.fillRect(x - 1, top - 0.7, 2, Math.max(1.4, bottom - top));
        });
        continue;
      }
      g.beginPath();
      for (const [x, , high] of run) g.lineTo(x, y(high));
      g.stroke();
    }
  }

  paintScore(g, lane, columns) {
    const room = this.room, y = this.scale(g, lane, room.scoreLow, room.scoreTop, 4);
    this.clip(g, lane);
    for (const [start, end] of room.truth) {
      const a = this.x(start), b = Math.max(this.x(end), a + 2);
      g.fillStyle = css("--truth");
      g.fillRect(a, lane.top, b - a, 5);
    }
    const fill = g.createLinearGradient(0, lane.top, 0, lane.top + lane.height);
    fill.addColorStop(0, css("--curve-fill"));
    fill.addColorStop(1, "transparent");
    g.fillStyle = fill;
    if (!columns.dense) {
      for (const run of this.runs(columns, room.score)) {
        g.beginPath();
        g.moveTo(run[0][0], y(0));
        for (const [x, , high] of run) g.lineTo(x, y(high));
        g.lineTo(run[run.length - 1][0], y(0));
        g.fill();
      }
    }
    g.lineJoin = "round";
    g.lineWidth = 1.2;
    g.strokeStyle = css("--provisional");
    g.setLineDash([4, 3]);
    this.line(g, columns, room.provisional, y);
    g.setLineDash([]);
    g.lineWidth = 1.8;
    g.strokeStyle = css("--curve");
    this.line(g, columns, room.score, y);
    const crowded = (room.highlights.length / this.width) * ((this.view[1] - this.view[0]) / room.end) > 0.05;
    room.highlights.forEach((h, i) => {
      if (h.score === null) return;
      const x = this.x(h.peak), top = y(h.score);
      if (x < this.left - 8 || x > this.left + this.width + 8) return;
      g.fillStyle = css("--peak");
      g.strokeStyle = css("--surface");
      g.lineWidth = crowded ? 1 : 2;
      g.beginPath();
      g.arc(x, top, i === this.chosen ? 6 : crowded ? 2.5 : 4.5, 0, 7);
      g.fill();
      g.stroke();
    });
  }

  // The unit of the highest score: what moved a peak is told, not averaged away.
  topUnit(from, to) {
    const score = this.room.score;
    let top = from;
    for (let i = from + 1; i < to; i += 1) if (score[i] > score[top]) top = i;
    return top;
  }

  paintContributions(g, lane, columns) {
    const room = this.room;
    if (!this.reach) {
      this.reach = [0, 0];
      for (let i = 0; i < room.t.length; i += 1) {
        let up = 0, down = 0;
        for (const column of room.contributions) if (column[i] > 0) up += column[i]; else down += column[i] || 0;
        this.reach = [Math.min(this.reach[0], down), Math.max(this.reach[1], up)];
      }
      if (this.reach[1] - this.reach[0] === 0) this.reach = [0, 1];
    }
    const y = this.scale(g, lane, this.reach[0], this.reach[1], 3);
    this.clip(g, lane);
    const up = columns.map(() => 0), down = columns.map(() => 0);
    const units = columns.map((c) => this.topUnit(c.from, c.to));
    g.globalAlpha = 0.85;
    room.contributions.forEach((column, m) => {
      g.fillStyle = room.colour(room.modalities[m]);
      const areas = [[[], []], [[], []]];
      columns.forEach((c, k) => {
        const v = column[units[k]] ?? 0, fromUp = up[k], fromDown = down[k];
        if (v > 0) up[k] += v; else down[k] += v;
        if (columns.dense) {
          if (v !== 0) g.fillRect(c.left, y(v > 0 ? up[k] : fromDown), c.width, Math.abs(y(v) - y(0)));
          return;
        }
        areas[0][0].push([c.x, y(up[k])]);
        areas[0][1].push([c.x, y(fromUp)]);
        areas[1][0].push([c.x, y(down[k])]);
        areas[1][1].push([c.x, y(fromDown)]);
      });
      for (const [edge, base] of areas) {
        g.beginPath();
        for (const [x, v] of edge) g.lineTo(x, v);
        for (const [x, v] of base.reverse()) g.lineTo(x, v);
        g.fill();
      }
    });
  }

  bars(g, lane, columns, column, colour, words) {
    const top = this.topOf(column);
    g.textAlign = "right";
    g.textBaseline = "middle";
    g.fillStyle = css("--muted");
    g.fillText(words(top), this.left - 6, lane.top + 4);
    this.clip(g, lane);
    g.fillStyle = css("--axis");
    g.fillRect(this.left, lane.top + lane.height, this.width, 1);
    g.fillStyle = colour;
    for (const c of columns) {
      const e = this.extremes(column, c.from, c.to);
      if (!e || e[1] <= 0) continue;
      const height = Math.max(1, (e[1] / top) * (lane.height - 2));
      const gap = c.width > 4 ? 1 : 0;
      g.fillRect(c.left + gap / 2, lane.top + lane.height - height, Math.max(1, c.width - gap), height);
    }
  }

  topOf(column) {
    this.tops = this.tops || new Map();
    if (!this.tops.has(column)) this.tops.set(column, column.reduce((a, b) => Math.max(a, b || 0), 0) || 1);
    return this.tops.get(column);
  }

  paintComments(g, lane, columns) { this.bars(g, lane, columns, this.room.comments, css("--comments"), String); }

  paintGifts(g, lane, columns) {
    this.bars(g, lane, columns, this.room.gifts, css("--gifts"), (v) => (v >= 1000 ? `${+(v / 1000).toPrecision(3)}k` : String(+v.toPrecision(3))));
  }

  paintMissing(g, lane, columns) {
    const room = this.room;
    this.clip(g, lane);
    lane.missing.forEach((m, row) => {
      const y = lane.top + 2 + row * 9;
      g.fillStyle = css("--grid");
      g.fillRect(this.left, y, this.width, 6);
      g.fillStyle = room.colour(room.modalities[m]);
      for (const c of columns) {
        let gone = false;
        for (let i = c.from; i < c.to && !gone; i += 1) gone = room.missingSets[m].has(i);
        if (gone) g.fillRect(c.left, y, Math.max(1.5, c.width + 0.5), 6);
      }
    });
  }

  paintLag(g, lane) {
    const lag = this.room.lag, values = lag.history.map((p) => p[1]).concat(lag.truth ?? []);
    const y = this.scale(g, lane, 0, values.reduce((a, b) => Math.max(a, b), 1) * 1.1, 2);
    this.clip(g, lane);
    if (lag.truth !== null) {
      g.strokeStyle = css("--truth");
      g.setLineDash([5, 4]);
      g.lineWidth = 1.5;
      g.beginPath();
      g.moveTo(this.left, y(lag.truth));
      g.lineTo(this.left + this.width, y(lag.truth));
      g.stroke();
      g.setLineDash([]);
    }
    g.strokeStyle = css("--lag");
    g.lineWidth = 1.6;
    g.beginPath();
    let last = -Infinity;
    for (const [t, v] of lag.history) {
      const x = this.x(t);
      if (x < this.left - 40 || x > this.left + this.width + 40 || x - last < 1) continue;
      g.lineTo(x, y(v));
      last = x;
    }
    g.stroke();
  }
}
