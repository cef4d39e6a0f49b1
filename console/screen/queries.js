// The questions that ship with the program, asked without SQL.

import { get, path } from "/assets/api.js";
import { el, fill } from "/assets/dom.js";
import { plural } from "/assets/format.js";

export async function open(main, _, query) {
  const { queries } = await get("/api/v1/queries");
  const body = el("div.stack"), answer = el("div", { "aria-live": "polite" });
  const select = el("select", { "aria-label": "Query" }, queries.map((q) => el("option", { value: q.name, selected: q.name === query.get("name") }, q.name)));
  fill(main, el("div.head", el("h1", "Queries"), el("div.end", el("label.field", "Query", select)), el("p.sub", "The same questions as ", el("code", "kairos sql --named"), ", answered here.")), body, answer);
  const run = async (chosen, form) => {
    const values = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
    try {
      const { columns, rows, more } = await get(path("queries", chosen.name), values);
      const numeric = columns.map((_, i) => rows.every((row) => row[i] === null || row[i] === "" || Number.isFinite(Number(row[i]))));
      const shown = (text) => (text === null ? "–" : /^-?\d+\.\d{4,}$/.test(text) ? Number(text).toFixed(3) : text);
      fill(answer, el("section.card.scroll", { tabIndex: 0, role: "region", "aria-label": "Answer" },
        el("p.pad.muted", `${plural(rows.length, "row")}${more ? ", and there are more" : ""}`),
        el("table", el("thead", el("tr", columns.map((name, i) => el(`th${numeric[i] ? ".n" : ""}`, { scope: "col" }, name)))),
          el("tbody", rows.slice(0, 500).map((row) => el("tr", row.map((cell, i) => el(`td${numeric[i] ? ".n" : ""}`, shown(cell)))))))));
    } catch (error) {
      fill(answer, el("p.problem", { role: "alert" }, error.message));
    }
  };
  const show = () => {
    const chosen = queries.find((q) => q.name === select.value) ?? queries[0];
    history.replaceState(null, "", `/queries?name=${encodeURIComponent(chosen.name)}`);
    const form = el("form.card.pad.stack", { onsubmit: (event) => { event.preventDefault(); run(chosen, form); } },
      el("p", chosen.description),
      chosen.parameters.length ? el("div.params", chosen.parameters.map((p) => el("label", `${p.name} (${p.kind})`,
        el("input", { name: p.name, required: p.default === null, placeholder: p.default ?? "required", title: p.description })))) : null,
      el("div.row", el("button.primary", { type: "submit" }, "Ask"), el("details", el("summary", "SQL"), el("pre", chosen.sql))));
    fill(body, form);
    fill(answer);
    if (chosen.parameters.every((p) => p.default !== null)) run(chosen, form);
  };
  select.addEventListener("change", show);
  show();
}
