// Draws a day's routes as SVG from GeoJSON: no tiles, no network. Drag moves, the wheel zooms, a click chooses a crew.
(async () => {
  const box = document.getElementById("map");
  if (!box) return;
  const svg = box.querySelector("svg");
  const list = box.querySelector("ol");
  const title = box.querySelector("aside p");
  const { features } = await (await fetch(box.dataset.plan)).json();
  const pointsOf = (some) => some.flatMap((f) => (f.geometry.type === "Point" ? [f.geometry.coordinates] : f.geometry.coordinates));
  if (!features.length) return;
  const squeeze = Math.cos((pointsOf(features)[0][1] * Math.PI) / 180);
  const at = ([lon, lat]) => [lon * squeeze * 1000, -lat * 1000];
  // A frame round some features and a part of its size beyond.
  const frame = (some, beyond) => {
    const [xs, ys] = [0, 1].map((axis) => pointsOf(some).map((p) => at(p)[axis]));
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    const [w, h] = [Math.max(...xs) - x || 1, Math.max(...ys) - y || 1];
    return [x - w * beyond, y - h * beyond, w * (1 + 2 * beyond), h * (1 + 2 * beyond)];
  };
  // A left-out visit near the routes widens the map; a far one would make them a dot, so it stands at the edge.
  const planned = features.filter((f) => f.properties.kind !== "left_out");
  const shown = planned.length ? planned : features;
  const room = frame(shown, 0.3);
  const within = ([x, y], [x0, y0, w, h]) => x >= x0 && x <= x0 + w && y >= y0 && y <= y0 + h;
  const near = features.filter((f) => shown.includes(f) || within(at(f.geometry.coordinates), room));
  let [left, top, width, height] = frame(near, 0.05);
  const edge = [left + width * 0.02, top + height * 0.02, width * 0.96, height * 0.96];
  const clamped = ([x, y]) => [Math.min(Math.max(x, edge[0]), edge[0] + edge[2]), Math.min(Math.max(y, edge[1]), edge[1] + edge[3])];
  const show = () => svg.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
  const make = (name, attributes, parent) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    parent.append(element);
    return element;
  };
  const crews = [...new Set(features.map((f) => f.properties.crew).filter(Boolean))].sort();
  const colour = (crew) => `hsl(${Math.round((crews.indexOf(crew) * 360) / crews.length)} 65% 42%)`;
  const groups = new Map(crews.map((crew) => [crew, make("g", { "data-crew": crew }, svg)]));
  const radius = Math.max(width, height) / 220;
  for (const f of features) {
    const { kind, crew } = f.properties;
    if (kind === "route") {
      const d = "M" + f.geometry.coordinates.map((p) => at(p).join(" ")).join("L");
      make("path", { d, class: "route", stroke: colour(crew) }, groups.get(crew));
    } else if (kind === "stop") {
      const [cx, cy] = at(f.geometry.coordinates);
      const dot = make("circle", { cx, cy, r: radius, class: f.properties.filled ? "stop filled" : "stop", fill: colour(crew) }, groups.get(crew));
      if (f.properties.filled) make("title", {}, dot).textContent = `${f.properties.visit}: 直线估算，无道路行程 great circle, no road leg`;
    } else {
      const far = !near.includes(f);
      const [x, y] = far ? clamped(at(f.geometry.coordinates)) : at(f.geometry.coordinates);
      const mark = make("path", { d: `M${x - radius} ${y - radius}l${2 * radius} ${2 * radius}m0 ${-2 * radius}l${-2 * radius} ${2 * radius}`, class: far ? "left-out far" : "left-out" }, svg);
      make("title", {}, mark).textContent = `${f.properties.visit}: ${f.properties.message_zh}${far ? "（图外 off the map）" : ""}`;
    }
  }
  const choose = (chosen) => {
    for (const [crew, group] of groups) {
      group.classList.toggle("chosen", crew === chosen);
      group.classList.toggle("dim", chosen !== null && crew !== chosen);
    }
    const stops = features.filter((f) => f.properties.kind === "stop" && f.properties.crew === chosen);
    title.textContent = chosen ? `${chosen} · ${stops.length} 站` : "点选路线查看站点 Choose a route";
    list.replaceChildren(...stops.map((f) => {
      const item = document.createElement("li");
      const time = new Date(f.properties.arrives_at).toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit" });
      item.textContent = `${time} ${f.properties.visit} ${f.properties.status}${f.properties.filled ? " · 直线 no road leg" : ""}`;
      return item;
    }));
  };
  let drag = null;
  svg.addEventListener("pointerdown", (e) => { drag = { x: e.clientX, y: e.clientY, left, top, moved: false }; });
  svg.addEventListener("pointermove", (e) => {
    if (!drag || !e.buttons) return;
    const scale = Math.max(width / svg.clientWidth, height / svg.clientHeight);
    drag.moved ||= Math.hypot(e.clientX - drag.x, e.clientY - drag.y) > 4;
    [left, top] = [drag.left - (e.clientX - drag.x) * scale, drag.top - (e.clientY - drag.y) * scale];
    show();
  });
  svg.addEventListener("click", (e) => { if (!drag?.moved) choose(e.target.closest("g")?.dataset.crew ?? null); });
  svg.addEventListener("wheel", (e) => {
    e.preventDefault();
    const factor = e.deltaY > 0 ? 1.15 : 1 / 1.15;
    [left, top] = [left + (width * (1 - factor)) / 2, top + (height * (1 - factor)) / 2];
    [width, height] = [width * factor, height * factor];
    show();
  }, { passive: false });
  show();
})();
