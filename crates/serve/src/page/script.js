"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const messages = JSON.parse($("messages").textContent);
  const language = document.documentElement.lang;
  const say = (key, parts = {}) =>
    messages[key].replace(/\{(\w+)\}/g, (_, name) => (name in parts ? String(parts[name]) : ""));
  const tidy = (value) => {
    const size = Math.abs(value);
    const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 4;
    return new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  };
  const percent = (share) => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(share);
  // Times arrive on the clock of the readings; they are shown as they stand, never moved to the browser's zone.
  const plainTime = (text) => text.replace("T", " ").replace(/(:\d\d):\d\d(\.\d+)?/, "$1").replace(/(Z|[+-]\d\d:\d\d)$/, "");
  const make = (tag, attributes = {}, text) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const draw = (parent, tag, attributes, text) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    if (text !== undefined) node.textContent = text;
    parent.append(node);
    return node;
  };

  let models = [];
  let model = null;
  let body = null;      // { bytes, name }
  let seen = null;      // answer of v1/inspect
  let answer = null;    // answer of v1/forecast

  for (const link of document.querySelectorAll("nav a")) {
    if (link.lang === language) link.setAttribute("aria-current", "true");
  }

  const call = async (path, bytes) => {
    const options = bytes === undefined ? {} : { method: "POST", body: bytes, headers: { "content-type": "application/octet-stream" } };
    let response;
    try {
      response = await fetch(path, options);
    } catch {
      throw { message: say("offline") };
    }
    if (!response.ok) {
      const failure = await response.json().catch(() => ({ error: { message: response.statusText } }));
      throw failure.error;
    }
    return response;
  };
  const asked = (path) => path + "?model=" + encodeURIComponent(model.name);

  // What the model wants.
  const units = { ms: "millisecond", s: "second", min: "minute", h: "hour", day: "day", week: "week", month: "month", year: "year" };
  const span = (step, rows = 1) => {
    const [, count, unit] = /^(\d+)\s*(\w+?)s?$/.exec(step) || /^(\d+)\s*(m?s)$/.exec(step) || [];
    const style = units[unit] && { style: "unit", unit: units[unit], unitDisplay: "long" };
    return style ? new Intl.NumberFormat(language, style).format(rows * Number(count)) : rows === 1 ? step : rows + " × " + step;
  };
  const rung = (name) => {
    const kind = "rung_" + name.split(":")[0];
    return kind in messages ? say(kind) : name;
  };
  const describe = () => {
    $("promise").textContent = say("promise", {
      rung: rung(model.rung), targets: model.targets.join(", "), horizon: model.horizon,
      look_back: model.look_back, span: span(model.step, model.horizon), interval: percent(model.interval),
    });
    const columns = [
      ...(model.time ? [[model.time, "time"]] : []), ...(model.id ? [[model.id, "id"]] : []),
      ...model.targets.map((name) => [name, "target"]), ...model.past.map((name) => [name, "past"]),
      ...model.known.map((name) => [name, "known"]),
    ];
    $("wants").textContent = say("wants", {
      columns: columns.map(([name, role]) => name + " (" + say("role_" + role) + ")").join(", "),
      step: span(model.step), look_back: model.look_back,
    });
  };

  // A problem, and the place in the file that it points at.
  const cells = (line) => {
    const mark = [";", "\t", "|", ","].find((mark) => line.includes(mark)) || ",";
    return line.split(mark).map((cell) => cell.replace(/^"|"$/g, ""));
  };
  const complain = (error) => {
    const place = error.row && error.column ? "at" : error.row ? "at_row" : error.column ? "at_column" : null;
    const words = "error_" + error.code in messages ? say("error_" + error.code) : "";
    $("problem-text").textContent = [words, words && place ? say(place, error) : ""].join(" ").trim();
    // The server knows no file name; it calls what it was sent the body.
    $("problem-detail").textContent = error.message.replace(/^body(?=[,:])/, body ? body.name : "body");
    $("problem-rows").replaceChildren();
    const packed = body && (body.bytes[0] === 0x1f || body.bytes[0] === 0x28 || body.bytes[0] === 0x50 || body.bytes[0] === 0x41);
    if (error.row && body && !packed) {
      const lines = new TextDecoder().decode(body.bytes).split(/\r?\n/);
      const head = cells(lines[0]);
      const at = head.indexOf(error.column);
      const table = make("table");
      const numbers = [1, error.row - 1, error.row, error.row + 1].filter((row, i) => row <= lines.length && (i === 0 || row > 1));
      for (const row of numbers) {
        const line = make("tr", row === error.row ? { class: "bad" } : {});
        line.append(make("th", { scope: "row" }, row === 1 ? say("row") : String(row)));
        cells(lines[row - 1] || "").slice(0, 12).forEach((cell, i) => {
          const bad = row === error.row && (i === at || (at < 0 && !error.column));
          line.append(make(row === 1 ? "th" : "td", bad ? { class: "bad" } : {}, cell.slice(0, 40)));
        });
        table.append(line);
      }
      $("problem-rows").append(table);
    }
    $("problem").hidden = false;
  };

  // Looking at a file.
  const look = async (bytes, name) => {
    body = { bytes, name };
    seen = answer = null;
    for (const id of ["problem", "seen", "after", "columns"]) $(id).hidden = true;
    $("warnings").replaceChildren();
    $("busy").textContent = say("looking");
    try {
      seen = await (await call(asked("v1/inspect"), bytes)).json();
    } catch (error) {
      complain(error);
      return;
    } finally {
      $("busy").textContent = "";
    }
    $("seen-title").textContent = say("seen_title", { file: name, rows: tidy(seen.rows) });
    $("seen-text").textContent = understood();
    const select = $("series");
    select.replaceChildren(...seen.series.map((series, i) => make("option", { value: i }, [series.id, series.target].filter(Boolean).join(" · "))));
    $("series-label").hidden = seen.series.length < 2;
    columnsTable();
    $("columns").hidden = false;
    $("seen").hidden = false;
    $("download").hidden = true;
    notes(seen.notes);
    chart();
  };
  const understood = () => {
    const clock = seen.clock;
    if (!clock || !clock.step) return say("seen_rows");
    const words = [say("seen_text", { step: span(clock.step), from: plainTime(clock.from), to: plainTime(clock.to) })];
    words.push(clock.gap_count ? say("gaps", { count: tidy(clock.gap_count), rows: tidy(clock.missing_rows) }) : say("no_gaps"));
    for (const key of ["duplicates", "unsorted", "irregular"]) {
      if (clock[key]) words.push(say(key, { count: tidy(clock[key]) }));
    }
    return words.join(" ");
  };
  const notes = (lines) => $("warnings").replaceChildren(...lines.slice(0, 8).map((line) => make("li", {}, line)));
  const tableOf = (heads, rows, numeric) => {
    const table = make("table");
    const mark = (i) => (numeric.includes(i) ? { class: "number" } : {});
    const head = make("tr");
    heads.forEach((text, i) => head.append(make("th", { scope: "col", ...mark(i) }, text)));
    table.append(head);
    for (const row of rows) {
      const line = make("tr");
      row.forEach((text, i) => line.append(make("td", mark(i), text)));
      table.append(line);
    }
    return table;
  };
  const columnsTable = () => {
    const rows = seen.columns.map((column) => [
      column.name, column.kind, say("role_" + column.role in messages ? "role_" + column.role : "role_ignored"), tidy(column.missing),
    ]);
    $("columns-table").replaceChildren(tableOf([say("column"), say("kind"), say("role"), say("missing")], rows, [3]));
  };

  // The chart.
  const current = () => {
    const series = seen.series[Number($("series").value) || 0];
    const rows = answer ? answer.forecast.filter((row) => row.target === series.target && (row.id ?? null) === (series.id ?? null)) : [];
    return { series, rows };
  };
  const ticks = (low, high, wanted) => {
    const raw = (high - low) / wanted || 1;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= raw);
    const out = [];
    for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) out.push(tick);
    return out;
  };
  const dayName = (day) => {
    const date = new Date(day + "T00:00:00Z");
    return Number.isNaN(date.getTime()) ? day : new Intl.DateTimeFormat(language, { month: "short", day: "numeric", timeZone: "UTC" }).format(date);
  };
  const chart = () => {
    const { series, rows } = current();
    if (!series) return;
    const keep = Math.max(4 * model.horizon, Math.min(2 * model.look_back, 16 * model.horizon));
    const from = Math.max(0, series.ms.length - keep);
    const past = series.ms.slice(from).map((ms, i) => ({ ms, time: series.time[from + i], value: series.value[from + i] }));
    const points = [...past, ...rows];
    $("caption").textContent = say(rows.length ? "caption_after" : "caption_before", {
      target: series.target, unit: model.unit ? " (" + model.unit + ")" : "", interval: percent(model.interval),
    });
    const width = Math.max(320, Math.min(960, $("chart").clientWidth || 720));
    const height = width < 500 ? 260 : 340;
    const edge = { left: 62, right: 12, top: 20, bottom: 28 };
    const values = points.flatMap((point) => [point.value, point.low, point.high]).filter((value) => Number.isFinite(value));
    if (!values.length) return;
    let [low, high] = [Math.min(...values), Math.max(...values)];
    const room = (high - low || Math.abs(high) || 1) * 0.08;
    [low, high] = [low - room, high + room];
    const first = points[0].ms;
    const last = points[points.length - 1].ms;
    const x = (ms) => edge.left + ((ms - first) / (last - first || 1)) * (width - edge.left - edge.right);
    const y = (value) => height - edge.bottom - ((value - low) / (high - low)) * (height - edge.top - edge.bottom);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    for (const [name, value] of Object.entries({
      viewBox: `0 0 ${width} ${height}`, role: "img", tabindex: "0", "aria-label": say("chart_help", { target: series.target }) + " " + $("caption").textContent,
    })) svg.setAttribute(name, value);

    for (const tick of ticks(low, high, 5)) {
      draw(svg, "line", { class: "grid", x1: edge.left, x2: width - edge.right, y1: y(tick), y2: y(tick) });
      draw(svg, "text", { x: edge.left - 6, y: y(tick) + 4, "text-anchor": "end" }, tidy(tick));
    }
    // Dates below: at most one for every 90 pixels, where the day changes if the clock is finer than a day.
    let free = edge.left;
    points.forEach((point, i) => {
      const day = point.time.slice(0, 10);
      const changes = i > 0 && day !== points[i - 1].time.slice(0, 10);
      const at = x(point.ms);
      if ((changes || !point.time.includes("T")) && at >= free && at <= width - edge.right - 30) {
        draw(svg, "line", { class: "grid", x1: at, x2: at, y1: edge.top, y2: height - edge.bottom });
        draw(svg, "text", { x: at + 2, y: height - 8 }, dayName(day));
        free = at + 70;
      }
    });
    // Holes: rows without a value, and steps longer than the clock's.
    const step = seen.clock && seen.clock.step_ms;
    const hole = (a, b) => draw(svg, "rect", { class: "gap", x: x(a), width: Math.max(2, x(b) - x(a)), y: edge.top, height: height - edge.top - edge.bottom });
    const known = past.filter((point) => point.value !== null);
    const usual = step || (known.length > 1 ? (known[known.length - 1].ms - known[0].ms) / (known.length - 1) : 1);
    let path = "";
    known.forEach((point, i) => {
      const broken = i > 0 && point.ms - known[i - 1].ms > usual * 1.5;
      if (broken) hole(known[i - 1].ms, point.ms);
      path += (i === 0 || broken ? "M" : "L") + x(point.ms).toFixed(1) + " " + y(point.value).toFixed(1);
    });
    if (rows.length) {
      const up = rows.map((row) => x(row.ms).toFixed(1) + " " + y(row.high).toFixed(1));
      const down = rows.map((row) => x(row.ms).toFixed(1) + " " + y(row.low).toFixed(1)).reverse();
      const anchor = known.length ? [x(known[known.length - 1].ms).toFixed(1) + " " + y(known[known.length - 1].value).toFixed(1)] : [];
      draw(svg, "path", { class: "band", d: "M" + [...anchor, ...up, ...down].join("L") + "Z" });
      draw(svg, "line", { class: "now", x1: x(rows[0].ms), x2: x(rows[0].ms), y1: edge.top, y2: height - edge.bottom });
      draw(svg, "path", { class: "history", d: path });
      draw(svg, "path", { class: "ahead", d: "M" + [...anchor, ...rows.map((row) => x(row.ms).toFixed(1) + " " + y(row.value).toFixed(1))].join("L") });
      draw(svg, "text", { class: "ahead-label", x: Math.min(x(rows[0].ms) + 4, width - 60), y: 14 }, say("label_ahead"));
      draw(svg, "text", { class: "history-label", x: x(rows[0].ms) - 6, y: 14, "text-anchor": "end" }, say("label_history"));
    } else {
      draw(svg, "path", { class: "history", d: path });
    }
    // A cursor for pointer and keys.
    const cursor = draw(svg, "line", { class: "cursor", y1: edge.top, y2: height - edge.bottom, x1: -9, x2: -9 });
    let at = points.length - 1;
    const point = (i) => {
      at = Math.max(0, Math.min(points.length - 1, i));
      const here = points[at];
      cursor.setAttribute("x1", x(here.ms));
      cursor.setAttribute("x2", x(here.ms));
      const unit = model.unit ? " " + model.unit : "";
      const parts = { time: plainTime(here.time) };
      for (const key of ["value", "low", "high"]) if (Number.isFinite(here[key])) parts[key] = tidy(here[key]) + unit;
      const key = "low" in here ? "reading_ahead" : here.value === null ? "reading_missing" : "reading_history";
      $("reading").textContent = say(key, parts);
    };
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const ms = first + (((event.clientX - box.left) / box.width) * width - edge.left) / (width - edge.left - edge.right) * (last - first);
      let best = 0;
      points.forEach((candidate, i) => { if (Math.abs(candidate.ms - ms) < Math.abs(points[best].ms - ms)) best = i; });
      point(best);
    });
    svg.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -model.horizon, PageDown: model.horizon, Home: -points.length, End: points.length }[event.key];
      if (move === undefined) return;
      event.preventDefault();
      point(at + move);
    });
    $("reading").textContent = "";
    $("chart").replaceChildren(svg);
  };

  // The forecast.
  const forecast = async () => {
    $("go").disabled = true;
    $("busy").textContent = say("working");
    $("problem").hidden = true;
    const began = performance.now();
    try {
      answer = await (await call(asked("v1/forecast"), body.bytes)).json();
    } catch (error) {
      $("busy").textContent = "";
      complain(error);
      $("problem").scrollIntoView({ block: "nearest" });
      return;
    } finally {
      $("go").disabled = false;
    }
    $("busy").textContent = say("done", { count: tidy(answer.forecast.length), ms: tidy(Math.round(performance.now() - began)) });
    notes(answer.warnings);
    chart();
    const address = new URL(asked("v1/forecast"), location.href);
    const shell = (text) => "'" + text.replace(/'/g, "'\\''") + "'";
    $("curl").textContent = "curl -sS " + shell(address.href) + " \\\n  -H 'content-type: application/octet-stream' \\\n  --data-binary @" + shell(body.name);
    const rows = answer.forecast.slice(0, 2000);
    const several = new Set(answer.forecast.map((row) => (row.id ?? "") + row.target)).size > 1;
    const heads = [say("time"), ...(several ? [say("series")] : []), say("value"), say("low"), say("high")];
    const name = (row) => (several ? [[row.id, row.target].filter(Boolean).join(" · ")] : []);
    const lines = rows.map((row) => [plainTime(row.time), ...name(row), tidy(row.value), tidy(row.low), tidy(row.high)]);
    const offset = several ? 2 : 1;
    $("table").replaceChildren(tableOf(heads, lines, [offset, offset + 1, offset + 2]));
    $("after").hidden = false;
    $("download").hidden = false;
  };
  const download = () => {
    const quote = (cell) => (/[",\n]/.test(String(cell)) ? '"' + String(cell).replace(/"/g, '""') + '"' : cell);
    const heads = ["id", "time", "target", "value", "low", "high"];
    const lines = answer.forecast.map((row) => heads.map((head) => quote(row[head] ?? "")).join(","));
    const link = make("a", { download: "forecast.csv", href: URL.createObjectURL(new Blob([[heads.join(","), ...lines, ""].join("\n")], { type: "text/csv" })) });
    link.click();
    URL.revokeObjectURL(link.href);
  };

  // The controls.
  const take = async (file) => { if (file) await look(new Uint8Array(await file.arrayBuffer()), file.name); };
  const useSample = async () => {
    try {
      const response = await call(asked("v1/sample"));
      await look(new Uint8Array(await response.arrayBuffer()), say("sample_name") + ".csv");
      return true;
    } catch {
      return false;
    }
  };
  const drop = $("drop");
  $("file").tabIndex = -1;
  $("choose").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", () => { take($("file").files[0]); $("file").value = ""; });
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const kind of ["dragleave", "drop"]) {
    document.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.remove("over"); });
  }
  document.addEventListener("drop", (event) => take(event.dataTransfer.files[0]));
  $("sample").addEventListener("click", useSample);
  $("go").addEventListener("click", forecast);
  $("download").addEventListener("click", download);
  $("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText($("curl").textContent).catch(() => {});
    $("copy").textContent = say("copied");
    setTimeout(() => { $("copy").textContent = say("copy"); }, 2000);
  });
  $("series").addEventListener("change", chart);
  $("model").addEventListener("change", () => { model = models[Number($("model").value)]; describe(); start(); });
  let waiting;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(() => seen && chart(), 150); });

  // The sample is there at once, so that the page shows something before a file is at hand. `#go` presses the button too.
  const start = async () => {
    $("sample").hidden = !(await useSample());
    if (location.hash === "#go" && seen) await forecast();
  };
  (async () => {
    try {
      models = (await (await call("v1/models")).json()).models;
    } catch (error) {
      complain(error);
      return;
    }
    $("model").replaceChildren(...models.map((one, i) => make("option", { value: i }, one.name)));
    $("model-label").hidden = models.length < 2;
    model = models[0];
    describe();
    await start();
  })();
})();
