// The command centre beyond HTML: the map, kept up to date by what changed, the card of a site, and
// bars that run with their clocks.
(() => {
  const box = document.getElementById("map");
  const card = document.getElementById("site-card");
  const skew = Date.parse(document.body.dataset.serverNow) - Date.now() || 0;

  const fill = () => document.querySelectorAll("progress[data-fill-to]").forEach((bar) => {
    const left = (Date.parse(bar.dataset.fillTo) - Date.now() - skew) / 1000;
    bar.value = Math.max(0, Math.min(bar.max, bar.max - left));
  });
  fill();
  setInterval(fill, 5000);
  document.addEventListener("htmx:afterSettle", fill);

  if (!box || !window.echarts) return;
  const layers = window.SiagaMap;
  const chart = window.echarts.init(box, null, { renderer: "canvas" });
  const sites = new Map();
  let news = { paths: [], verdicts: {}, incidents: {}, looks: {}, words: {} };
  let seen = "";
  let zoom = 1;

  const regionsInTrouble = () => {
    const regions = new Map();
    sites.forEach((site) => {
      const region = regions.get(site.region) || { name: site.region, total: 0, silent: [] };
      region.total += 1;
      if (["dark", "offline", "stale"].includes(site.state)) region.silent.push([site.lon, site.lat]);
      regions.set(site.region, region);
    });
    return [...regions.values()]
      .filter((region) => region.silent.length >= 2 && (region.silent.length * 2 >= region.total || news.verdicts[region.name]))
      .map((region) => {
        const lons = region.silent.map(([lon]) => lon);
        const lats = region.silent.map(([, lat]) => lat);
        const words = (news.words.silent || "").replace("%(silent)s", region.silent.length).replace("%(total)s", region.total);
        return { points: region.silent, at: [(Math.min(...lons) + Math.max(...lons)) / 2, Math.min(...lats)],
          text: [region.name, words, news.verdicts[region.name]].filter(Boolean).join(" · ") };
      });
  };

  // The archipelago is 2.3 times as wide as it is high; stretching it to the box would bend it.
  const mapBox = () => {
    const [wide, high] = [chart.getWidth(), chart.getHeight()];
    const width = Math.max(120, Math.min(wide - 24, (high - 16) * 2.3));
    return { left: (wide - width) / 2, top: (high - width / 2.3) / 2, width, height: width / 2.3 };
  };

  const draw = () => {
    const colors = layers.palette();
    const all = [...sites.values()].filter((site) => news.looks[site.state]);
    const troubled = all.filter((site) => !layers.isFine(site)).sort((a, b) => a.criticality - b.criticality);
    const fine = all.filter(layers.isFine);
    layers.setCrowd(fine.length / zoom);
    const named = [...troubled.filter((site) => !["planned_offline", "maintenance"].includes(site.state)).slice(0, 40),
      ...fine.filter((site) => site.kind === "data_centre" || zoom > 3).slice(0, zoom > 3 ? 80 : 6)];
    const regions = regionsInTrouble();
    const wishes = [
      ...regions.map((region) => ({ at: region.at, text: region.text, font: 11, size: 34, below: true, color: colors.act })),
      ...named.map((site) => ({ at: [site.lon, site.lat], text: site.code, font: 11, size: layers.sizeOf(site),
        color: layers.isFine(site) ? colors["ink-2"] : colors.ink })),
    ];
    const scatter = (data, z) => ({ type: "scatter", coordinateSystem: "geo", z, animation: false, cursor: "pointer",
      emphasis: { scale: 1.25 }, data: layers.dots(data, news.looks, colors) });
    chart.setOption({
      tooltip: { renderMode: "richText", backgroundColor: colors.panel, borderColor: colors.line, padding: [6, 9],
        textStyle: { color: colors.ink, fontSize: 12, fontFamily: "Inter, sans-serif" }, formatter: (it) => it.data?.name || "" },
      geo: { map: "indonesia", roam: true, silent: true, aspectScale: 1, scaleLimit: { min: 0.8, max: 14 },
        boundingCoords: [[94.6, 8.2], [141.4, -12.2]], ...mapBox(),
        itemStyle: { areaColor: colors["land-far"], borderColor: colors["land-far"], borderWidth: 0.5 },
        regions: [{ name: "Indonesia", itemStyle: { areaColor: colors.land, borderColor: colors["land-edge"], borderWidth: 0.8 } }] },
      series: [
        layers.ellipseSeries(regions, colors),
        { type: "lines", coordinateSystem: "geo", z: 3, animation: false,
          data: news.paths.map((path) => ({ coords: [path.from, path.to], name: path.label,
            lineStyle: { color: colors[layers.PATH_TONE[path.state]], type: layers.DASH[path.state], width: path.state === "active" ? 2.5 : 1.5, curveness: 0.28, opacity: 0.95 } })) },
        layers.haloSeries(all.filter((site) => Date.now() - site.changed < 10000), colors),
        scatter(fine, 3), scatter(troubled, 4), layers.letterSeries(troubled, news.looks, colors),
        layers.labelSeries(wishes, colors, chart),
      ],
    }, { replaceMerge: ["series"] });
  };

  // -- what changed
  const take = (payload) => {
    const known = new Map(sites);
    if (payload.full) sites.clear();
    const now = Date.now();
    payload.sites.forEach(([pk, code, name, lon, lat, criticality, kind, region, state, pending]) => {
      const before = known.get(pk);
      const changed = before && before.state !== state ? now : before?.changed || 0;
      sites.set(pk, { pk, code, name, lon, lat, criticality, kind, region, state, pending, changed });
      if (changed === now) setTimeout(draw, 10200);
    });
    news = payload;
    seen = payload.at;
    draw();
  };
  let asking = false;
  let again = null; // "changes" or "all", asked for while an answer was on its way
  const ask = async (what) => {
    if (asking) { again = again === "all" ? "all" : what; return; }
    asking = true;
    try {
      const since = what === "changes" && seen ? `?since=${encodeURIComponent(new Date(Date.parse(seen) - 3000).toISOString())}` : "";
      const answer = await fetch(box.dataset.map + since, { headers: { Accept: "application/json" } });
      if (answer.ok) take(await answer.json());
    } catch { /* the lamp tells that the link is gone; the map keeps what it had */ }
    setTimeout(() => {
      asking = false;
      const next = again;
      again = null;
      if (next) ask(next);
    }, 400);
  };
  document.addEventListener("siaga:live", (event) => {
    const topic = event.detail.topic.split(":")[0];
    if (["sites", "site", "incidents", "signals"].includes(topic) && !document.hidden) ask("changes");
  });
  document.addEventListener("siaga:lamp", (event) => event.detail.state === "live" && seen && ask("all"));
  document.addEventListener("visibilitychange", () => !document.hidden && seen && ask("all"));
  document.addEventListener("siaga:theme", () => seen && requestAnimationFrame(draw)); // not before the borders are there

  // -- hands
  const hide = () => { card.hidden = true; };
  chart.on("click", (event) => {
    if (!event.data?.code) return;
    card.hidden = false;
    window.htmx.ajax("GET", box.dataset.card.replace("CODE", encodeURIComponent(event.data.code)), { target: card, swap: "innerHTML" });
  });
  card.addEventListener("click", (event) => event.target.closest("[data-card-close]") && hide());
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  chart.on("georoam", () => {
    const now = chart.getOption().geo[0].zoom || 1;
    if ((now > 3) !== (zoom > 3)) { zoom = now; draw(); }
    zoom = now;
  });
  document.querySelectorAll("[data-map-zoom]").forEach((button) => button.addEventListener("click", () => {
    const way = button.dataset.mapZoom;
    zoom = way === "all" ? 1 : Math.min(14, Math.max(0.8, zoom * (way === "in" ? 1.5 : 1 / 1.5)));
    chart.setOption({ geo: way === "all" ? { zoom: 1, center: undefined } : { zoom } });
    draw();
  }));
  new ResizeObserver(() => {
    chart.resize();
    if (chart.getOption()?.geo?.length) chart.setOption({ geo: mapBox() }); // not before the borders are there
  }).observe(box);

  fetch(box.dataset.borders).then((answer) => answer.json()).then((borders) => {
    window.echarts.registerMap("indonesia", borders);
    ask("all");
  });
})();
