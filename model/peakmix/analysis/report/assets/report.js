"use strict";
(() => {
  const data = JSON.parse(document.getElementById("payload").textContent);
  const words = data.words;
  const edges = data.periods ? [...data.periods.first, data.periods.first.at(-1) + data.periods.length.at(-1)] : [];
  const narrow = () => window.innerWidth < 700;

  const make = (tag, fields = {}, ...inner) => {
    const node = Object.assign(document.createElement(tag), fields);
    node.append(...inner);
    return node;
  };
  const choice = (box, label, options, act) => {
    const select = make("select", {}, ...options.map((text, k) => make("option", { value: String(k), textContent: text })));
    select.addEventListener("change", act);
    const named = make("label", {}, label, select);
    named.hidden = options.length < 2;
    box.append(named);
    return () => Number(select.value);
  };
  const number = (value) => {
    if (value === null) return "–";
    const size = Math.abs(value);
    if (value === 0) return "0";
    if (size >= 1000) return value.toLocaleString("en", { maximumFractionDigits: 0 });
    return size >= 1e-4 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
  };
  const layout = (unit, more = {}) => ({
    margin: { l: 60, r: 12, t: 24, b: 40 }, font: { family: "system-ui, 'Noto Sans CJK SC', sans-serif", size: 12 },
    yaxis: { title: { text: unit }, automargin: true, zeroline: true }, xaxis: { automargin: true },
    legend: { x: 1.01, y: 1 }, hovermode: "closest",
    paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", ...more,
  });
  const options = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"] };
  // on a phone the legend stands below the figure, which grows by its lines: else it would cover axis and bars
  const fitted = (plot, traces, shape) => {
    if (!narrow()) return shape;
    const lines = 20 * traces.filter((trace) => trace.showlegend !== false && !["sankey", "heatmap"].includes(trace.type)).length;
    plot.style.height = `${400 + lines}px`;
    return { ...shape, margin: { ...shape.margin, b: 70 + lines },
      legend: { orientation: "v", x: 0, y: -60 / 306, yanchor: "top", font: { size: 11 } } };
  };
  const show = (plot, traces, shape) => Plotly.react(plot, traces, fitted(plot, traces, shape), options);
  const onPaper = { width: 640, height: 380, autosize: false, "legend.orientation": "h", "legend.x": 0, "legend.y": -0.2, "legend.yanchor": "top" };
  const onScreen = narrow() ? {} : { "legend.orientation": "v", "legend.x": 1.01, "legend.y": 1, "legend.yanchor": "auto" };
  const redrawn = (change) => document.querySelectorAll("figure:not(#chart-flows) .plot").forEach((plot) => Plotly.relayout(plot, change));
  window.addEventListener("beforeprint", () => redrawn(onPaper));
  window.addEventListener("afterprint", () => redrawn({ width: null, height: null, autosize: true, ...onScreen }));
  const stairs = (values, ends = edges) => ({ x: [...ends], y: [...values, values.at(-1)] });

  const places = (chart) => chart.places || data.places;
  const summed = (series, place) =>
    series.values[0].map((_, p) => (place === 0 ? series.values.reduce((sum, row) => sum + row[p], 0) : series.values[place - 1][p]));

  const drawers = {
    stack(chart, plot, box, redraw) {
      const group = choice(box, chart.by, chart.groups.map((g) => g.label), redraw);
      const place = choice(box, words.place, [words.all, ...places(chart)], redraw);
      const form = chart.share ? choice(box, "", [words.absolute, words.share], redraw) : () => 0;
      return () => {
        const chosen = chart.groups[group()];
        const rows = chosen.series.map((one) => summed(one, place()));
        const totals = rows[0].map((_, p) => rows.reduce((sum, row) => sum + row[p], 0));
        const scale = (value, p) => (form() === 1 ? (totals[p] ? (100 * value) / totals[p] : null) : value);
        const traces = chosen.series.map((one, k) => ({
          type: "bar", name: one.label, x: data.periods.first, width: data.periods.length.map((n) => 0.94 * n), offset: 0,
          y: rows[k].map(scale), marker: { color: one.colour, pattern: { shape: one.pattern, fillmode: "overlay", fgcolor: "#ffffff", size: 7 } },
          hovertemplate: "%{y:,.4~g} " + (form() === 1 ? "%" : chosen.unit) + "<extra>%{fullData.name}</extra>",
        })).filter((trace) => trace.y.some((value) => value));
        if (chosen.base && place() === 0) {
          traces.push({ type: "scatter", mode: "lines", line: { shape: "hv", color: "#d55e00", width: 2 }, name: chosen.base.label,
            ...stairs(chosen.base.values, chosen.base.edges) });
        }
        const shape = layout(form() === 1 ? "%" : chosen.unit, { barmode: "relative" });
        if (chart.peak) {
          const top = Math.max(...totals);
          const where = totals.findIndex((value) => value >= top - 1e-6 * Math.max(1, Math.abs(top)));
          shape.annotations = [{ x: data.periods.first[where] + data.periods.length[where] / 2, y: top, yshift: 10, showarrow: false,
            text: `${words.peak} ${data.periods.first[where]}: ${number(top)} ${chosen.unit}` }];
        }
        show(plot, traces, shape);
      };
    },
    steps(chart, plot, box, redraw) {
      const group = choice(box, chart.by, chart.groups.map((g) => g.label), redraw);
      return () => {
        const chosen = chart.groups[group()];
        show(plot, chosen.lines.map((line) => ({ type: "scatter", mode: "lines", name: line.label,
          line: { shape: "hv", color: line.colour, width: 2 }, ...stairs(line.values) })), layout(chosen.unit));
      };
    },
    bars(chart, plot, box, redraw) {
      const group = choice(box, chart.by, chart.groups.map((g) => g.label), redraw);
      return () => {
        const chosen = chart.groups[group()];
        show(plot, chosen.bars.map((bar) => ({ type: "bar", name: bar.label, x: chosen.names, y: bar.values, marker: { color: bar.colour } })),
          layout(chosen.unit, { barmode: "relative" }));
      };
    },
    tornado(chart, plot) {
      return () => {
        const chosen = chart.groups[0];
        const short = chosen.names.map((name) => (name.length > 48 ? name.slice(0, 45) + "..." : name));
        const at = chosen.names.map((_, k) => k);
        show(plot, chosen.bars.map((bar) => ({ type: "bar", orientation: "h", name: bar.label, y: at, x: bar.values, text: chosen.names,
          textposition: "none", hovertemplate: "%{text}<br>%{x:,.5~g} " + chosen.unit + "<extra></extra>", marker: { color: bar.colour } })),
        layout("", { barmode: "overlay", bargap: 0.25, xaxis: { title: { text: chosen.unit }, automargin: true },
          yaxis: { autorange: "reversed", tickvals: at, ticktext: short, tickfont: { size: 10 }, automargin: true } }));
      };
    },
    supply(chart, plot, box, redraw) {
      const group = choice(box, chart.by, chart.groups.map((g) => g.label), redraw);
      return () => {
        const chosen = chart.groups[group()];
        const used = chosen.blocks.filter((block) => block[3] > 0);
        let from = 0;
        const traces = used.map((block, k) => {
          const start = from;
          from += block[3];
          return { type: "bar", x: [start], width: [block[3]], offset: 0, y: [block[2]], text: [block[0]], textposition: "none",
            name: `${chart.labels["used in the run"]}: ${block[1]}`, legendgroup: block[1],
            showlegend: used.findIndex((other) => other[1] === block[1]) === k, marker: { color: chart.colours[block[1]] },
            hovertemplate: "%{text}<br>%{y:.1f} " + chosen.unit + "<br>" + number(block[3]) + " PJ/yr<extra></extra>" };
        });
        let to = 0;
        const line = { x: [0], y: [chosen.blocks[0][2]] };
        for (const block of chosen.blocks) { to += block[4]; line.x.push(to); line.y.push(block[2]); }
        traces.push({ type: "scatter", mode: "lines", line: { shape: "vh", color: "#000000", width: 1.5 }, name: chart.labels["static potential"], ...line });
        const end = Math.max(from, to);
        chosen.prices.forEach(([name, price], k) => traces.push({ type: "scatter", mode: "lines", x: [0, end], y: [price, price],
          line: { dash: ["dash", "dot", "dashdot", "longdash"][k % 4], color: "#5f5f5f", width: 1.2 }, name: `${name}: ${number(price)}` }));
        show(plot, traces, layout(chosen.unit, { xaxis: { title: { text: `${chart.labels["energy saved"]}, PJ/yr` } }, barmode: "overlay" }));
      };
    },
    sankey(chart, plot, box, redraw) {
      const group = choice(box, chart.by, chart.groups.map((g) => g.label), redraw);
      return () => {
        const chosen = chart.groups[group()];
        show(plot, [{ type: "sankey", arrangement: "snap", valuesuffix: " " + chosen.unit, valueformat: ",.4~g",
          node: { label: chosen.nodes, color: chosen.colours, pad: 10, thickness: 14 },
          link: { ...chosen.links, color: "rgba(95, 107, 118, 0.25)" } }], layout(chosen.unit, { margin: { l: 12, r: 12, t: 40, b: 16 } }));
      };
    },
    cloud(chart, plot, box, redraw) {
      const labels = chart.columns.map((column) => column.label);
      const across = choice(box, words.across, labels, redraw);
      const upward = choice(box, words.upward, labels, redraw);
      const colour = choice(box, words.colour, [words.none, ...labels], redraw);
      box.querySelectorAll("select")[1].value = String(chart.first);
      return () => {
        const [x, y] = [chart.columns[across()], chart.columns[upward()]];
        const marker = { size: 8, color: "#0072b2", opacity: 0.75 };
        if (colour() > 0) {
          const shade = chart.columns[colour() - 1];
          Object.assign(marker, { color: shade.values, colorscale: "Viridis", showscale: true, colorbar: { title: { text: shade.label, side: "right" } } });
        }
        show(plot, [{ type: "scatter", mode: "markers", x: x.values, y: y.values, text: chart.members, marker,
          hovertemplate: "%{text}<br>%{x:,.5~g}<br>%{y:,.5~g}<extra></extra>" }], layout(y.label, { xaxis: { title: { text: x.label }, automargin: true } }));
      };
    },
    heat(chart, plot, box, redraw) {
      const axes = chart.axes.map((axis) => axis.label);
      const [across, upward] = [choice(box, words.across, axes, redraw), choice(box, words.upward, axes, redraw)];
      box.querySelectorAll("select")[1].value = "1";
      const outcome = choice(box, "", chart.outcomes.map((one) => one.label), redraw);
      return () => {
        const [x, y, z] = [chart.axes[across()], chart.axes[upward()], chart.outcomes[outcome()]];
        const sums = y.levels.map(() => x.levels.map(() => [0, 0]));
        z.values.forEach((value, k) => { if (value !== null) { const cell = sums[y.index[k]][x.index[k]]; cell[0] += value; cell[1] += 1; } });
        show(plot, [{ type: "heatmap", x: x.levels.map(String), y: y.levels.map(String), colorscale: "Viridis",
          z: sums.map((row) => row.map(([sum, count]) => (count ? sum / count : null))), colorbar: { title: { text: z.label, side: "right" } },
          hovertemplate: "%{x}<br>%{y}<br>%{z:,.5~g}<extra></extra>" }],
        layout(y.label, { xaxis: { title: { text: x.label }, type: "category" }, yaxis: { title: { text: y.label }, type: "category", automargin: true }, plot_bgcolor: "#d9dfe4" }));
      };
    },
  };

  for (const chart of data.charts) {
    const frame = document.getElementById(`chart-${chart.id}`);
    const plot = frame.querySelector(".plot");
    let draw = () => {};
    draw = drawers[chart.kind](chart, plot, frame.querySelector(".controls"), () => draw());
    draw();
  }

  const written = (value, kind) => (kind === "number" ? number(value) : String(value ?? ""));
  const cell = (value, column) => {
    const text = written(value, column.kind);
    const style = column.kind === "text" ? (text.length < 30 ? "short" : "long") : "number";
    return make("td", { className: column.extra ? `${style} extra` : style, textContent: text });
  };
  const quoted = (value) => (/[",\n]/.test(String(value ?? "")) ? `"${String(value).replaceAll('"', '""')}"` : String(value ?? ""));
  for (const table of data.tables) {
    const box = document.getElementById(`table-${table.id}`);
    const state = { search: "", felt: Boolean(table.felt && table.felt.some(Boolean)), sort: -1, down: false, shown: table.open };
    const body = make("tbody");
    const count = make("small", { className: "note" });
    const more = make("button", { type: "button", textContent: words["more rows"] });
    const texts = table.rows.map((row) => row.join(" ").toLowerCase());
    const found = () => {
      const rows = [...table.rows.keys()].filter((k) => (!state.felt || table.felt[k]) && texts[k].includes(state.search));
      if (state.sort >= 0) {
        const at = state.sort;
        const order = (a, b) => (a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1);
        rows.sort((a, b) => (state.down ? -1 : 1) * order(table.rows[a][at], table.rows[b][at]));
      }
      return rows;
    };
    const fill = () => {
      const rows = found();
      body.replaceChildren(...rows.slice(0, state.shown).map((k) => make("tr", {}, ...table.columns.map((column, j) => cell(table.rows[k][j], column)))));
      count.textContent = ` ${Math.min(state.shown, rows.length)} / ${rows.length} ${words.rows} `;
      more.hidden = rows.length <= state.shown;
    };
    const heads = table.columns.map((column, j) => {
      const head = make("th", { className: `${column.kind === "text" ? "" : "number"}${column.extra ? " extra" : ""}`, textContent: column.label, scope: "col", tabIndex: 0 });
      const sort = () => {
        state.down = state.sort === j && !state.down;
        state.sort = j;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
        fill();
      };
      head.addEventListener("click", sort);
      head.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
      return head;
    });
    const controls = make("div", { className: "controls" });
    const search = make("input", { type: "search", placeholder: words.search });
    search.setAttribute("aria-label", `${words.search}: ${table.title}`);
    search.addEventListener("input", () => { state.search = search.value.toLowerCase(); state.shown = table.open; fill(); });
    controls.append(search);
    if (table.felt) {
      const mark = make("input", { type: "checkbox", checked: state.felt });
      mark.addEventListener("change", () => { state.felt = mark.checked; fill(); });
      controls.append(make("label", {}, mark, words["felt only"]));
    }
    more.addEventListener("click", () => { state.shown += 100; fill(); });
    const save = make("button", { type: "button", textContent: words["download table"] });
    save.addEventListener("click", () => {
      const lines = [table.columns.map((column) => quoted(column.label)), ...found().map((k) => table.rows[k].map(quoted))];
      const link = make("a", { href: URL.createObjectURL(new Blob(["\ufeff" + lines.map((line) => line.join(",")).join("\n") + "\n"], { type: "text/csv" })), download: `${table.id}.csv` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
    controls.append(save);
    box.append(controls, make("div", { className: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, ...heads)), body)), count, more);
    fill();
  }
  document.documentElement.dataset.ready = "yes";
})();
