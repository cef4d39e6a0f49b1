// One highlight: its clip, its trim, the verdict, and why it is one.

import { get, path, review, save, stream } from "/assets/api.js";
import { el, fill, toast } from "/assets/dom.js";
import { clock, score, span, wall } from "/assets/format.js";
import { Trim } from "/assets/trim.js";
import { contributions } from "/assets/why.js";

export class Player {
  // on: {changed(listed), back()}
  constructor(editor, on) {
    Object.assign(this, { editor, on, item: null, turn: 0 });
    this.root = el("section.card.detail", { "aria-label": "Highlight" }, el("p.empty", "Choose a highlight."));
  }

  close() {
    this.turn += 1;
    this.video?.pause();
    cancelAnimationFrame(this.frame);
  }

  async open(item, play) {
    const turn = (this.turn += 1);
    this.video?.pause();
    let whole;
    try {
      whole = await get(path("highlights", item.key));
    } catch (error) {
      if (turn === this.turn) fill(this.root, this.back(), el("p.problem", { role: "alert" }, error.message));
      return;
    }
    if (turn !== this.turn) return;
    this.item = { ...whole };
    this.show(play);
    const from = Math.max(0, whole.clip_from_us - 4e6), to = whole.clip_to_us + 4e6;
    const curve = await get(stream(whole.room, whole.stream, "scores"), { from_us: from, to_us: to, model: whole.model, points: 400 }).catch(() => null);
    if (turn !== this.turn || !curve) return;
    this.trim.curve = curve;
    this.trim.draw();
  }

  back() { return el("button.back", { type: "button", onclick: () => this.on.back() }, "← List"); }

  window() {
    const { item } = this;
    return { from: item.trim_from_us ?? item.start_us, to: item.trim_to_us ?? item.end_us };
  }

  show(play) {
    const { item } = this;
    this.video = el("video", { controls: true, playsInline: true, preload: "metadata", muted: true });
    if (item.has_thumbnail) this.video.poster = path("highlights", item.key, "thumbnail");
    this.video.src = path("highlights", item.key, "clip");
    const media = () => item.clip_from_us + this.video.currentTime * 1e6;
    this.video.addEventListener("loadedmetadata", () => { this.seek(this.window().from); if (play) this.video.play().catch(() => {}); }, { once: true });
    const follow = () => {
      this.trim.play(media());
      // What is kept plays in a loop; outside of it nothing is held back.
      if (!this.video.paused && media() >= this.trim.window.to && media() < this.trim.window.to + 400000) this.seek(this.trim.window.from);
      if (!this.video.paused) this.frame = requestAnimationFrame(follow);
    };
    this.video.addEventListener("play", follow);
    this.video.addEventListener("timeupdate", () => this.trim.play(media()));
    this.trim = new Trim({ from: item.clip_from_us, to: item.clip_to_us }, this.window(), {
      seek: (us) => { this.video.pause(); this.seek(us); },
      change: (from, to, done) => { if (done) this.decide({ trim_from_us: from, trim_to_us: to }, "trimmed"); },
    }, this.editor);
    const verdict = (value, text, key) => el(`button.${value === "kept" ? "keep" : "reject"}`, {
      type: "button", disabled: !this.editor, "aria-pressed": "false", data: { verdict: value }, onclick: () => this.verdict(value),
    }, text, el("kbd", key));
    this.buttons = [verdict("kept", "Keep", "y"), verdict("rejected", "Reject", "n")];
    this.state = el("div.row");
    this.note = el("textarea", { rows: 2, maxLength: 4000, placeholder: "Note", "aria-label": "Note", disabled: !this.editor, value: item.note,
      onchange: () => this.decide({ note: this.note.value }, "noted") });
    this.untrim = el("button.quiet", { type: "button", onclick: () => this.reset() }, "reset trim");
    this.export = el("button", { type: "button", disabled: !this.editor || !item.has_clip, onclick: () => this.save() }, "Export", el("kbd", "e"));
    fill(this.root,
      el("div.row", this.back(), el("h2", item.title || item.room), el("span.spread.num", el("b", score(item.score)))),
      el("div.screen", item.has_clip ? this.video : "No clip yet"),
      this.trim.root,
      el("div.verdicts", this.buttons, this.export),
      this.state,
      el("div.columns",
        el("div.stack", el("h3", "Why this moment"), item.peak ? contributions(item.peak.contributions, item.peak.missing) : el("p.muted", "The scores of this moment have left the tables."),
          item.peak?.comment_lag_us ? el("p.small.muted", `Comments count ${span(item.peak.comment_lag_us)} before they were sent.`) : null,
          el("p.row.small", el("a", { href: this.timeline() }, "Show on the timeline"), item.has_clip ? el("a", { href: `${path("highlights", item.key, "clip")}?download=true` }, "whole clip") : null)),
        el("div.stack", item.speech ? el("blockquote", item.speech) : null,
          item.comments.length ? el("ul.said", { "aria-label": "Comments" }, item.comments.slice(0, 14).map((text) => el("li", text))) : el("p.muted.small", "No comments."), this.note)));
    this.write();
  }

  timeline() {
    const { item } = this;
    return `/rooms/${encodeURIComponent(item.room)}/${encodeURIComponent(item.stream)}?t=${Math.round(item.peak_us / 1e6)}&model=${encodeURIComponent(item.model)}`;
  }

  write() {
    const { item } = this;
    this.buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.verdict === item.verdict)));
    const trimmed = item.trim_from_us !== null;
    fill(this.state,
      el(`span.chip.${item.state}`, item.state), trimmed ? el("span.chip.trimmed", `trimmed to ${span(item.trim_to_us - item.trim_from_us)}`) : null,
      trimmed && this.editor ? this.untrim : null,
      el("span.small.muted.num", `${wall(item.at_us)} · ${clock(item.start_us)}–${clock(item.end_us)}`),
      item.reviewed_us ? el("span.small.muted", `reviewed ${item.reviewer ? `by ${item.reviewer} ` : ""}${wall(item.reviewed_us)}`) : null);
  }

  seek(us) {
    const length = this.video.duration || 0;
    if (length) this.video.currentTime = Math.min(length - 0.05, Math.max(0, (us - this.item.clip_from_us) / 1e6));
    this.trim.play(us);
  }

  playOrPause() {
    if (!this.video?.src) return;
    if (this.video.paused) this.video.play().catch(() => {}); else this.video.pause();
  }

  // Stores a decision; what is not said stays as it was. Decisions go one after another.
  decide(change, words) {
    if (!this.editor || !this.item) return Promise.resolve(null);
    const { item } = this;
    Object.assign(item, change);
    this.write();
    const decision = { verdict: item.verdict, trim_from_us: item.trim_from_us, trim_to_us: item.trim_to_us, note: item.note };
    this.last = (this.last ?? Promise.resolve()).then(() => review(item.key, decision)).then((listed) => {
      if (this.item?.key === listed.key) { Object.assign(this.item, listed); this.write(); }
      this.on.changed(listed);
      if (words) toast(words);
      return listed;
    }).catch((error) => { toast(error.message, true); return null; });
    return this.last;
  }

  verdict(value) { return this.decide({ verdict: this.item?.verdict === value ? "" : value }, this.item?.verdict === value ? "open again" : value); }

  reset() {
    this.decide({ trim_from_us: null, trim_to_us: null }, "trim reset");
    this.trim.window = this.window();
    this.trim.put();
  }

  async save() {
    if (!this.editor || !this.item?.has_clip || this.export.disabled) return;
    this.export.disabled = true;
    toast("cutting…");
    await this.last;
    await save(path("highlights", this.item.key, "export")).then((name) => toast(`exported ${name}`)).catch((error) => toast(error.message, true));
    this.export.disabled = false;
  }
}
