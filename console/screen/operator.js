// What is wrong, on one page: rooms that trail or lose, offsets that ended badly, and what to do about it.

import { get } from "/assets/api.js";
import { el, fill } from "/assets/dom.js";
import { count, plural, span, wall } from "/assets/format.js";
import { listen } from "/assets/live.js";

// What the jobs say of themselves, each with a line that says what to do and what the log says; what several say is said once.
function ofJobs(jobs, now) {
  const found = jobs.filter((j) => !j.status).map((j) => ["bad", `The job at ${j.address} does not answer`,
    `${j.problem}. See the end of its log: a job that stopped names the model, table, topic or file that it could not use. Started again it goes on where its rows end.`]);
  const same = new Map();
  for (const { status } of jobs.filter((j) => j.status)) for (const t of status.troubles) {
    const key = `${t.kind} ${t.about}`, known = same.get(key);
    same.set(key, known ? { ...known, parts: known.parts.add(status.part), first_us: Math.min(known.first_us, t.first_us) } : { ...t, parts: new Set([status.part]) });
  }
  for (const t of same.values()) {
    const kind = ["broker", "tables", "disk"].includes(t.kind) ? "bad" : "warn";
    const log = `${t.count > 1 ? `for ${span(now - t.first_us)}` : wall(t.last_us)}: ${t.text}`;
    found.push([kind, `${[...t.parts].join(", ")}: ${t.title}${t.about ? ` (${t.about})` : ""}`, t.action, log]);
  }
  // Of very many the worst are told.
  found.sort(([left], [right]) => (right === "bad") - (left === "bad"));
  const more = found.length - 30;
  return more > 0 ? [...found.slice(0, 30), ["warn", `${plural(more, "more trouble")}`, "The logs of the jobs name them."]] : found;
}

// What the tables show, likewise.
function troubles({ rooms, ledger, reasons }) {
  const found = [];
  const late = rooms.filter((r) => r.behind_us > 30e6);
  const silent = rooms.filter((r) => !r.live && r.captured_us && Date.now() * 1000 - r.captured_us < 900e6);
  const losing = rooms.filter((r) => r.live && r.unit_us && r.drops > Math.max(100, r.media_us / r.unit_us / 10));
  const slow = rooms.filter((r) => r.live && r.fps > 0 && r.fps < 20);
  const missing = ledger.reduce((sum, l) => sum + Math.abs(l.unaccounted), 0);
  const dead = reasons.filter((r) => r.outcome === "dead").reduce((sum, r) => sum + r.offsets, 0);
  const names = (list) => list.slice(0, 3).map((r) => r.room).join(", ") + (list.length > 3 ? ` and ${list.length - 3} more` : "");
  if (late.length) found.push(["bad", `${plural(late.length, "room")} trail by more than 30 s`, `${names(late)}. Scoring is too slow or stands still: look at its log, add a worker, or watch fewer rooms.`]);
  if (silent.length) found.push(["warn", `${plural(silent.length, "room")} fell silent within a quarter of an hour`, `${names(silent)}. Either the broadcast ended, or its capture lost the source: check the ingest of the room.`]);
  if (losing.length) found.push(["warn", `${plural(losing.length, "room")} lose pictures`, `${names(losing)}. The source is damaged or decoding is too slow: lower the sampling or check the uplink.`]);
  if (slow.length) found.push(["warn", `${plural(slow.length, "room")} below 20 pictures per second`, `${names(slow)}. The sender is overloaded or its line is thin.`]);
  if (missing) found.push(["bad", `${plural(missing, "offset")} unaccounted for`, "The ledger does not add up to the topic: a job was stopped hard or runs an old version. See the table below for the partition."]);
  if (dead) found.push(["warn", `${plural(dead, "dead letter")}`, "Messages that could not be understood. The reasons are below; kairos dead-letters shows and retries them."]);
  return found;
}

export async function open(main) {
  const body = el("div.stack");
  const sub = el("p.sub");
  fill(main, el("div.head", el("h1", "Operation"), sub), body);
  const table = (label, names, rows) => el("section.card.scroll", { "aria-label": label, tabIndex: 0, role: "region" }, el("h2.pad", label), el("table",
    el("thead", el("tr", names.map(([name, n]) => el(`th${n ? ".n" : ""}`, { scope: "col" }, name)))), el("tbody", rows)));
  const draw = async () => {
    const watched = await get("/api/v1/jobs");
    // With the tables away the jobs still say why.
    const asked = await get("/api/v1/operator").catch((problem) => ({ problem }));
    const data = asked.problem ? { rooms: [], ledger: [], reasons: [], now_us: watched.now_us, listeners: 0 } : asked;
    const { rooms, ledger, reasons } = data, live = rooms.filter((r) => r.live);
    const sum = (what) => ledger.reduce((total, l) => total + l[what], 0);
    const tile = (value, label, bad) => el(`div.tile${bad ? ".bad" : ""}`, el("b", value), el("span", label));
    const away = asked.problem ? [["bad", "The tables do not answer", `${asked.problem.message}. Start ClickHouse, or look at its load and its disk; the jobs wait for it and lose nothing.`]] : [];
    const found = [...away, ...ofJobs(watched.jobs, watched.now_us), ...troubles(data)];
    sub.textContent = `as of ${wall(data.now_us)} · ${plural(data.listeners, "screen")} watching`;
    const behind = Math.max(0, ...live.map((r) => r.behind_us));
    const worst = [...rooms].sort((a, b) => b.live - a.live || b.behind_us - a.behind_us || b.drops - a.drops).slice(0, 60);
    fill(body,
      found.length ? el("ul.stack", { style: { gap: "8px" }, "aria-label": "Troubles" }, found.map(([kind, title, what, log]) => el("li.card.pad", el("div.row", el(`span.chip.${kind}`, kind === "bad" ? "act now" : "look at it"), el("b", title)), el("p", what), log ? el("p.muted", log) : null))) : el("p.card.pad", watched.jobs.length ? "Nothing is wrong that the jobs and the tables know of." : "Nothing is wrong that the tables know of. Name the jobs in serve.jobs, and they are asked too."),
      el("div.tiles", tile(`${live.length} / ${rooms.length}`, "rooms live"), tile(span(behind), "worst lag behind live", behind > 30e6), tile(count(sum("scored")), "offsets scored"),
        tile(count(sum("skipped")), "skipped"), tile(count(sum("late")), "late"), tile(count(sum("dead")), "dead", sum("dead") > 0), tile(count(sum("unaccounted")), "unaccounted", sum("unaccounted") !== 0)),
      watched.jobs.length ? table("Jobs", [["job"], ["address"], ["state"], ["running for", 1], ["version"], ["troubles", 1]], watched.jobs.map((j) => el(`tr${j.status ? "" : ".bad"}`,
        el("td", j.status ? j.status.part : "–"), el("td", j.address), el("td", j.status ? el(`span.chip${j.status.troubles.length ? ".warn" : ""}`, j.status.troubles.length ? "troubled" : "well") : el("span.chip.bad", "no answer")),
        el("td.n", j.status ? span(watched.now_us - j.status.started_us) : "–"), el("td", j.status ? j.status.version : "–"), el("td.n", j.status ? j.status.troubles.length : "–")))) : null,
      table("Rooms", [["room"], ["state"], ["behind", 1], ["comment lag", 1], ["sure", 1], ["fps", 1], ["drops", 1], ["late", 1], ["last unit", 1]], worst.map((r) => el(`tr${r.behind_us > 30e6 ? ".bad" : ""}`,
        el("td", el("a", { href: `/rooms/${encodeURIComponent(r.room)}/${encodeURIComponent(r.stream)}` }, r.room)), el("td", r.live ? el("span.chip.live", "live") : el("span.chip", "ended")),
        el("td.n", r.live ? span(r.behind_us) : "–"), el("td.n", r.comment_lag_us === null ? "–" : span(r.comment_lag_us)), el("td.n", `${Math.round(r.lag_confidence * 100)} %`),
        el("td.n", r.fps ? r.fps.toFixed(1) : "–"), el("td.n", count(r.drops)), el("td.n", count(r.late)), el("td.n", wall(r.captured_us))))),
      el("div.split",
        table("Ledger", [["topic"], ["partition", 1], ["offsets", 1], ["scored", 1], ["skipped", 1], ["late", 1], ["dead", 1], ["unaccounted", 1]], ledger.map((l) => el(`tr${l.unaccounted ? ".bad" : ""}`,
          el("td", l.topic), el("td.n", l.partition), el("td.n", `${count(l.from_offset)}–${count(l.to_offset)}`), ["scored", "skipped", "late", "dead", "unaccounted"].map((what) => el("td.n", count(l[what])))))),
        table("Why offsets were not scored", [["topic"], ["outcome"], ["reason"], ["offsets", 1]], reasons.map((r) => el("tr",
          el("td", r.topic), el("td", el(`span.chip${r.outcome === "dead" ? ".bad" : ""}`, r.outcome)), el("td", r.reason || "–"), el("td.n", count(r.offsets)))))));
  };
  await draw();
  listen([], {});
  const timer = setInterval(() => { if (!document.hidden) draw().catch(() => {}); }, 10000);
  return () => clearInterval(timer);
}
