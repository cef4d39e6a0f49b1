// Joins each room's chart, player and cards: what is pointed at, chosen and played.
//
// Text from the recording is only ever set as textContent.
"use strict";

const element = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};
const signed = (x) => `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(2)}`;
const plain = (x) => (x === null ? "–" : x.toFixed(3));

// The address of a clip; an embedded one is unpacked when it is first asked for.
const unpacked = new Map();
function clipAddress(clip) {
  if (!clip.embedded) return clip.url;
  if (!unpacked.has(clip.embedded)) {
    const packed = atob(document.getElementById(clip.embedded).textContent);
    const bytes = Uint8Array.from(packed, (c) => c.charCodeAt(0));
    unpacked.set(clip.embedded, URL.createObjectURL(new Blob([bytes], { type: "video/mp4" })));
  }
  return unpacked.get(clip.embedded);
}

class RoomView {
  constructor(section) {
    this.section = section;
    this.room = new Room(JSON.parse(document.getElementById(`data-${section.dataset.room}`).textContent));
    this.root = section.querySelector(".chart");
    this.chart = new Chart(this.root, this.room);
    this.readout = section.querySelector(".readout");
    this.spoken = section.querySelector(".sr");
    this.cards = [...section.querySelectorAll(".card")];
    this.video = section.querySelector("video");
    this.about = section.querySelector(".about");
    this.legend(section.querySelector(".legend"));
    this.colourCards();
    this.buttons();
    this.pointer(this.chart.canvas);
    this.mapPointer(this.chart.map);
    this.chart.canvas.addEventListener("keydown", (event) => this.key(event));
    this.cards.forEach((card, i) => card.querySelector("button").addEventListener("click", () => {
      this.choose(i, { play: true });
      // On a narrow screen the player is above the cards, out of sight.
      const stage = this.section.querySelector(".stage");
      const seen = stage.getBoundingClientRect();
      if (seen.top < 0 || seen.bottom > innerHeight) stage.scrollIntoView({ block: "center", behavior: "smooth" });
    }));
    if (this.video) {
      this.video.addEventListener("timeupdate", () => this.follow());
      this.video.addEventListener("seeking", () => this.follow());
    }
    if (this.room.highlights.length) this.choose(0, {});
    this.chart.draw();
  }

  legend(box) {
    const room = this.room;
    const entry = (kind, name, colour) => {
      const item = element("span", "entry");
      const mark = element("i", kind);
      if (colour) mark.style.setProperty("--c", colour);
      item.append(mark, name);
      box.append(item);
    };
    entry("line", "score", "var(--curve)");
    if (room.provisional.some((x) => x !== null)) entry("dashed", "provisional", "var(--provisional)");
    if (room.highlights.length) entry("block", "highlight", "var(--band-chosen)");
    if (room.truth.length) entry("block", "truth", "var(--truth)");
    room.modalities.forEach((name, m) => entry("dot", name, `var(--m${m % MODALITY_COLOURS})`));
  }

  colourCards() {
    for (const bar of this.section.querySelectorAll("[data-modality]")) {
      const m = this.room.modalities.indexOf(bar.dataset.modality);
      if (m >= 0) bar.style.setProperty("--c", `var(--m${m % MODALITY_COLOURS})`);
    }
  }

  buttons() {
    for (const button of this.root.querySelectorAll(".tools button")) {
      button.addEventListener("click", () => {
        if (button.dataset.do === "in") this.chart.zoom(0.5);
        else if (button.dataset.do === "out") this.chart.zoom(2);
        else this.chart.look(0, this.room.end);
      });
    }
  }

  // One finger or button moves, two fingers or Ctrl + wheel zoom, a click chooses.
  pointer(canvas) {
    const down = new Map();
    let moved = 0;
    const at = (event) => event.clientX - canvas.getBoundingClientRect().left;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      down.set(event.pointerId, at(event));
      if (down.size === 1) moved = 0;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      const x = at(event), before = down.get(event.pointerId);
      if (before === undefined) { this.point(x); return; }
      const perPixel = (this.chart.view[1] - this.chart.view[0]) / this.chart.width;
      if (down.size === 2) {
        const other = [...down].find(([id]) => id !== event.pointerId)[1];
        const factor = clamp(Math.abs(before - other) / Math.max(8, Math.abs(x - other)), 0.5, 2);
        this.chart.zoom(factor, this.chart.time((x + other) / 2));
      } else {
        this.chart.pan((before - x) * perPixel);
      }
      moved += Math.abs(x - before);
      down.set(event.pointerId, x);
      if (moved > 4) { canvas.classList.add("moving"); this.point(null); }
    });
    const up = (event) => {
      if (!down.delete(event.pointerId)) return;
      canvas.classList.remove("moving");
      if (event.type === "pointerup" && moved <= 4) this.click(this.chart.time(at(event)));
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointerleave", () => this.point(null));
    canvas.addEventListener("dblclick", (event) => this.chart.zoom(0.4, this.chart.time(at(event))));
    canvas.addEventListener("wheel", (event) => {
      const perPixel = (this.chart.view[1] - this.chart.view[0]) / this.chart.width;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        this.chart.zoom(Math.exp(clamp(event.deltaY, -60, 60) / 90), this.chart.time(at(event)));
      } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) {
        event.preventDefault();
        this.chart.pan((event.deltaX || event.deltaY) * perPixel);
      }
      this.point(at(event));
    }, { passive: false });
  }

  mapPointer(map) {
    let grip = null;
    const time = (event) => {
      const box = map.getBoundingClientRect();
      return ((event.clientX - box.left) / box.width) * this.room.end;
    };
    map.addEventListener("pointerdown", (event) => {
      const t = time(event), [a, b] = this.chart.view;
      const whole = b - a >= this.room.end * 0.999;
      grip = !whole && t >= a && t <= b ? { pan: t } : { from: t };
      map.setPointerCapture(event.pointerId);
    });
    map.addEventListener("pointermove", (event) => {
      if (!grip) return;
      const t = time(event);
      if (grip.pan !== undefined) {
        this.chart.pan(t - grip.pan);
        grip.pan = t;
      } else {
        this.chart.look(Math.min(t, grip.from), Math.max(t, grip.from));
      }
    });
    const up = () => { grip = null; };
    map.addEventListener("pointerup", up);
    map.addEventListener("pointercancel", up);
    map.addEventListener("dblclick", () => this.chart.look(0, this.room.end));
  }

  point(x) {
    const inside = x !== null && x >= this.chart.left && x <= this.chart.left + this.chart.width;
    this.chart.hover = inside ? this.chart.time(x) : null;
    this.chart.canvas.style.cursor = inside && this.room.highlightAt(this.chart.hover) >= 0 ? "pointer" : "";
    this.read(this.chart.hover);
    this.chart.draw();
  }

  // The values under t, beside the pointer.
  read(t) {
    const i = t === null ? -1 : this.room.unitAt(t);
    this.readout.hidden = i < 0;
    if (i < 0) return;
    const room = this.room, rows = element("dl");
    const row = (name, text, colour) => {
      const term = element("dt", "", name);
      if (colour) { term.classList.add("dot"); term.style.setProperty("--c", colour); }
      rows.append(term, element("dd", "", text));
    };
    row("score", plain(room.score[i]), "var(--curve)");
    if (room.provisional[i] !== null) row("provisional", plain(room.provisional[i]), "var(--provisional)");
    room.modalities.forEach((name, m) => {
      const v = room.contributions[m][i];
      const gone = room.missingSets[m].has(i);
      if (gone || v !== null) row(name, gone ? "missing" : signed(v), `var(--m${m % MODALITY_COLOURS})`);
    });
    row("comments", String(room.comments[i]));
    if (room.gifts[i]) row("gifts", `${+room.gifts[i].toFixed(2)} ${room.currency}`);
    const truth = room.truth.find(([start, end]) => t >= start && t < end);
    if (truth) row("truth", truth[2] || "planted", "var(--truth)");
    this.readout.replaceChildren(element("b", "", clock(room.t[i], true)), rows);
    const x = this.chart.x(t), width = this.readout.offsetWidth;
    const right = x + 14 + width <= this.chart.left + this.chart.width;
    this.readout.style.left = `${Math.max(0, right ? x + 14 : x - 14 - width)}px`;
  }

  click(t) {
    this.chart.cursor = clamp(t, 0, this.room.end);
    const h = this.room.highlightAt(t);
    if (h >= 0) this.choose(h, { play: true, at: t }); else this.chart.draw();
    this.say();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const room = this.room, chart = this.chart, step = room.unit * (event.shiftKey ? 10 : 1);
    const start = chart.cursor ?? chart.view[0];
    const byTime = room.highlights.map((h, i) => [h.peak, i]).sort((a, b) => a[0] - b[0]);
    const go = (t) => { chart.cursor = clamp(t, 0, room.end - 1e-3); };
    const jump = (found) => {
      if (!found) return;
      go(found[0]);
      this.choose(found[1], {});
    };
    const actions = {
      ArrowLeft: () => go(start - step), ArrowRight: () => go(start + step),
      Home: () => go(0), End: () => go(room.end),
      PageUp: () => chart.pan(chart.view[0] - chart.view[1]), PageDown: () => chart.pan(chart.view[1] - chart.view[0]),
      "+": () => chart.zoom(0.5), "=": () => chart.zoom(0.5), "-": () => chart.zoom(2), 0: () => chart.look(0, room.end),
      n: () => jump(byTime.find(([t]) => t > start + 1e-3)), p: () => jump(byTime.reverse().find(([t]) => t < start - 1e-3)),
      Enter: () => this.click(start), " ": () => this.click(start),
      Escape: () => { chart.cursor = null; },
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
    if (chart.cursor !== null && !event.key.startsWith("Page") && !"+=-0".includes(event.key)) chart.reveal(chart.cursor);
    this.read(chart.cursor);
    this.say();
    chart.draw();
  }

  // For screen readers.
  say() {
    const t = this.chart.cursor, i = t === null ? -1 : this.room.unitAt(t);
    if (i < 0) return;
    const h = this.room.highlightAt(t);
    this.spoken.textContent = `${clock(this.room.t[i], true)}, score ${plain(this.room.score[i])}, ${this.room.comments[i]} comments${h >= 0 ? `, highlight ${h + 1}` : ""}`;
  }

  choose(index, { play, at }) {
    const h = this.room.highlights[index], changed = this.chart.chosen !== index;
    this.chart.chosen = index;
    this.cards.forEach((card, i) => card.classList.toggle("chosen", i === index));
    this.chart.reveal(h.peak);
    if (!this.video) return;
    const card = this.cards[index];
    if (changed) {
      const poster = card.querySelector("img");
      this.video.pause();
      if (poster) this.video.poster = poster.src; else this.video.removeAttribute("poster");
      this.section.querySelector(".none").hidden = Boolean(h.clip);
      this.video.hidden = !h.clip;
      if (h.clip) this.video.src = clipAddress(h.clip); else this.video.removeAttribute("src");
      const title = element("p", "line");
      title.append(element("b", "", `Highlight ${index + 1}`), element("span", "when", `${clock(h.start)}–${clock(h.end)}, peak ${clock(h.peak)}`));
      const parts = [...card.querySelectorAll(".why, blockquote, .comments")].map((part) => part.cloneNode(true));
      this.about.replaceChildren(title, ...parts);
    }
    this.chart.playhead = null;
    if (play && h.clip) {
      const to = at === undefined ? 0 : clamp(at - h.clip.start, 0, Math.max(0, h.clip.duration - 0.1));
      const start = () => {
        this.video.currentTime = to;
        this.video.play().catch(() => {});
      };
      if (this.video.readyState >= 1) start(); else { this.video.addEventListener("loadedmetadata", start, { once: true }); this.video.load(); }
    }
  }

  follow() {
    const h = this.room.highlights[this.chart.chosen];
    if (!h || !h.clip) return;
    this.chart.playhead = h.clip.start + this.video.currentTime;
    this.chart.draw();
  }
}

const views = [...document.querySelectorAll("section.room")].map((section) => new RoomView(section));

function drawOverview() {
  for (const canvas of document.querySelectorAll("canvas.spark")) {
    const { room, chart } = views[Number(canvas.dataset.room)];
    const [g, width, height] = chart.prepare(canvas);
    for (const h of room.highlights) {
      g.fillStyle = css("--band-chosen");
      g.fillRect((h.start / room.end) * width, 0, Math.max(2, ((h.end - h.start) / room.end) * width), height);
    }
    sparkline(g, room, width, height, css("--curve"));
  }
}
drawOverview();
addEventListener("resize", drawOverview);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawOverview);
