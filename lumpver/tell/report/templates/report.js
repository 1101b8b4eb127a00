"use strict";
(() => {
  const PAGE = 25;
  const MEMBERS = 24;
  const MORE = 400;
  const ON_PAPER = 400;
  const order = new Intl.Collator("en", { numeric: true });
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const plain = (text) => Number(text.replaceAll(",", ""));
  const counted = (n) => n.toLocaleString("en-US");

  const make = (tag, given = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (name === "text") element.textContent = value;
      else if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
      else if (value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  };

  /* Light and dark: as the system has it until somebody says otherwise. */
  const dark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const themed = (button) => {
    const say = () => { button.textContent = dark() ? "Light theme" : "Dark theme"; };
    button.addEventListener("click", () => {
      document.documentElement.dataset.theme = dark() ? "light" : "dark";
      say();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", say);
    say();
  };

  /* Tables: every heading a button, ties in their first order. */
  const sortable = (table) => {
    const body = table.tBodies[0];
    const status = find(`#${table.id}-status`);
    const first = [...body.rows];
    const headings = [...table.tHead.rows[0].cells];
    const sort = (heading) => {
      const down = heading.getAttribute("aria-sort") === "ascending";
      const column = heading.cellIndex;
      const value = (row) => row.cells[column].textContent.trim();
      const compare = heading.dataset.kind === "number"
        ? (a, b) => plain(value(a)) - plain(value(b))
        : (a, b) => order.compare(value(a), value(b));
      for (const other of headings) other.setAttribute("aria-sort", "none");
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      body.append(...[...first].sort((a, b) => (down ? compare(b, a) : compare(a, b))));
      status.textContent = `${shown()}, by ${heading.textContent}, ${down ? "falling" : "rising"}`;
    };
    const shown = () => {
      const left = first.filter((row) => !row.hidden).length;
      return left === first.length ? `all ${counted(left)} rows` : `${counted(left)} of ${counted(first.length)} rows`;
    };
    for (const heading of headings) {
      const button = make("button", { type: "button", text: heading.textContent, on: { click: () => sort(heading) } });
      heading.setAttribute("aria-sort", "none");
      heading.replaceChildren(button);
    }
    const filter = find(`#${table.id}-filter`);
    filter.addEventListener("input", () => {
      const wanted = filter.value.trim().toLowerCase();
      for (const row of first) row.hidden = !row.textContent.toLowerCase().includes(wanted);
      status.textContent = shown();
    });
    status.textContent = shown();
  };

  /* Units: a tensor's data is read when its details are opened for the first time. */
  const read = (details) => {
    const data = JSON.parse(find(`#${details.dataset.source}`).textContent);
    const blocks = new Map();
    const fixed = [];
    data.block.forEach((column, unit) => {
      if (column >= 0) {
        if (!blocks.has(column)) blocks.set(column, []);
        blocks.get(column).push(unit);
      } else if (!data.mixed[unit]) fixed.push(unit);
    });
    const columns = [...blocks.keys()].sort((a, b) => a - b);
    const live = columns.filter((column) => column < data.width);
    const off = new Set(data.off);
    const combined = Object.keys(data.mixed).map(Number);
    return { ...data, blocks, fixed, combined, off, live, ghosts: columns.filter((column) => column >= data.width) };
  };
  const factor = (scale, column) => (scale === "1" ? "" : `${scale} × `) + `block ${column}`;
  const equation = (data, unit) => {
    const constant = data.constant[unit];
    const terms = data.mixed[unit] ?? (data.block[unit] < 0 ? [] : [[data.block[unit], data.scale[unit] ?? "1"]]);
    const parts = terms.map(([column, scale]) => factor(scale, column));
    if (constant !== undefined || !parts.length) parts.push(constant ?? "0");
    return `unit ${unit} = ${parts.join(" + ").replaceAll("+ -", "\u2212 ")}`;
  };
  const aid = (constant) => {
    const [top, bottom] = (constant ?? "").split("/").map(Number);
    const near = top / bottom;
    return Number.isFinite(near) && near !== 0 ? ` (about ${Number(near.toPrecision(4))})` : "";
  };
  const members = (data, units) => {
    const list = make("ul", { class: "members" });
    const some = (from, to) => units.slice(from, to).map((unit) => make("li", { text: equation(data, unit) }));
    const more = (from) => {
      if (from >= units.length) return;
      const item = make("li");
      item.append(make("button", {
        type: "button", class: "button", text: `${counted(units.length - from)} more`,
        on: { click: () => { item.replaceWith(...some(from, from + MORE)); more(from + MORE); } },
      }));
      list.append(item);
    };
    list.append(...some(0, MEMBERS));
    more(MEMBERS);
    return list;
  };
  const claimed = find("#units")?.dataset.claimed ?? "";
  const views = (data) => {
    const row = (column) => [`${column}`, members(data, data.blocks.get(column))];
    const ghost = (column) => ["no output depends on it", members(data, data.blocks.get(column))];
    const never = (unit) => [`${unit}`, `${claimed}unit ${unit} stays where its activation is constant`];
    const single = (unit) => [`${unit}`, make("span", { class: "any", text: equation(data, unit) + (data.mixed[unit] ? "" : aid(data.constant[unit])) })];
    const made = [
      ["merged blocks", ["block", "its members"], data.live.filter((c) => data.blocks.get(c).length > 1), row],
      ["combined units", ["unit", "what it is"], data.combined, single],
      ["constant units", ["unit", "what it is"], data.fixed, single],
      ["units never positive", ["unit", "what it is"], data.ghosts.filter((c) => data.off.has(c)).flatMap((c) => data.blocks.get(c)), never],
      ["unused blocks", ["why", "its members"], data.ghosts.filter((c) => !data.off.has(c)), ghost],
      ["units kept alone", ["block", "its unit"], data.live.filter((c) => data.blocks.get(c).length === 1), row],
    ];
    return made.filter(([, , rows]) => rows.length);
  };
  const told = (data, text) => {
    const unit = Number(text);
    if (!Number.isInteger(unit) || unit < 0 || unit >= data.block.length) {
      return data.block.length ? `No such unit; they are 0 to ${data.block.length - 1}.` : "No such unit; there are none.";
    }
    const column = data.block[unit];
    if (data.mixed[unit]?.some(([j]) => j >= data.width)) return `No output depends on unit ${unit}.`;
    if (data.mixed[unit]) return `${claimed}${equation(data, unit)}: a combination.`;
    if (column < 0) return `${claimed}${equation(data, unit)}: a constant.`;
    const others = data.blocks.get(column).filter((other) => other !== unit);
    const listed = others.slice(0, 12).join(", ") + (others.length > 12 ? ` and ${counted(others.length - 12)} more` : "");
    const company = others.length ? `, in one block with unit${others.length > 1 ? "s" : ""} ${listed}` : ", kept alone";
    if (column < data.width) return `${claimed}${equation(data, unit)}${company}.`;
    return data.off.has(column) ? `${claimed}unit ${unit} stays where its activation is constant.` : `No output depends on unit ${unit}.`;
  };
  const unfold = (details) => {
    const place = find(".unfolded", details);
    if (place.dataset.done) return;
    place.dataset.done = "yes";
    const data = read(details);
    const offered = views(data);
    const name = details.dataset.name;
    const found = make("p", { class: "found any", role: "status", hidden: true });
    const body = make("tbody");
    const head = make("tr");
    const status = make("span", { class: "status", role: "status" });
    let view = 0;
    let start = 0;
    const show = () => {
      const [, headings, rows, draw] = offered[view];
      const end = Math.min(start + PAGE, rows.length);
      head.replaceChildren(...headings.map((text) => make("th", { scope: "col", text })));
      body.replaceChildren(...rows.slice(start, end).map((row) => {
        const [lead, rest] = draw(row);
        return make("tr", {}, make("th", { scope: "row", text: lead }), make("td", {}, rest));
      }));
      status.textContent = `${counted(start + 1)} to ${counted(end)} of ${counted(rows.length)}`;
      back.disabled = start === 0;
      next.disabled = end === rows.length;
      back.hidden = next.hidden = rows.length <= PAGE;
    };
    const turn = (by) => () => { start += by; show(); };
    const back = make("button", { type: "button", class: "button", text: "Back", "aria-label": `Back in ${name}`, on: { click: turn(-PAGE) } });
    const next = make("button", { type: "button", class: "button", text: "Next", "aria-label": `Next in ${name}`, on: { click: turn(PAGE) } });
    const choose = make("select", { on: { change: (event) => { view = Number(event.target.value); start = 0; show(); } } });
    offered.forEach(([label, , rows], i) => choose.append(make("option", { value: String(i), text: `${label} (${counted(rows.length)})` })));
    const search = make("input", {
      type: "search", inputmode: "numeric", size: "8",
      on: { input: () => {
        const text = search.value.trim();
        found.hidden = text === "";
        found.textContent = text === "" ? "" : told(data, text);
      } },
    });
    place.append(make("div", { class: "controls" },
      make("label", {}, "Show", choose), make("label", {}, "Find unit number", search), back, next, status), found);
    if (!offered.length) return;
    const table = make("table", {}, make("caption", { class: "seen", text: `Units of ${name}` }), make("thead", {}, head), body);
    place.append(make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": `Units of ${name}` }, table));
    show();
  };

  /* On paper: what is short enough is unfolded, and folded again afterwards. */
  const folded = new Set();
  const paper = () => {
    let rows = 0;
    for (const details of all("details:not([open])")) {
      rows += Number(details.dataset.units ?? 0);
      if (rows > ON_PAPER) break;
      if (details.dataset.source) unfold(details);
      details.open = true;
      folded.add(details);
    }
  };

  for (const element of all("[data-script]")) element.hidden = false;
  for (const button of all("[data-theme-button]")) themed(button);
  for (const table of all("table[data-sortable]")) sortable(table);
  for (const details of all("details[data-source]")) details.addEventListener("toggle", () => { if (details.open) unfold(details); });
  addEventListener("beforeprint", paper);
  addEventListener("afterprint", () => { for (const details of folded) details.open = false; folded.clear(); });
})();
