// Makes the map of Indonesia: fine borders for it, faint and coarse ones for its neighbours.
// Usage: node vendor-borders.cjs NODE_MODULES TARGET
const fs = require("fs");
const path = require("path");
const [, , modules, target] = process.argv;
const { feature } = require(path.join(modules, "topojson-client"));
const { presimplify, simplify } = require(path.join(modules, "topojson-simplify"));

const BOX = [84, -28, 154, 26];

function clipEdge(ring, inside, cut) {
  const kept = [];
  ring.forEach((point, index) => {
    const before = ring[(index + ring.length - 1) % ring.length];
    if (inside(point) !== inside(before)) kept.push(cut(before, point));
    if (inside(point)) kept.push(point);
  });
  return kept;
}

function clip(ring) {
  const at = (axis, value) => (a, b) => {
    const share = (value - a[axis]) / (b[axis] - a[axis]);
    return [0, 1].map((k) => (k === axis ? value : a[k] + share * (b[k] - a[k])));
  };
  let result = ring.slice(0, -1);
  result = clipEdge(result, (p) => p[0] >= BOX[0], at(0, BOX[0]));
  result = clipEdge(result, (p) => p[0] <= BOX[2], at(0, BOX[2]));
  result = clipEdge(result, (p) => p[1] >= BOX[1], at(1, BOX[1]));
  result = clipEdge(result, (p) => p[1] <= BOX[3], at(1, BOX[3]));
  return result.length ? [...result, result[0]] : [];
}

function tidy(ring, digits) {
  const round = (value) => Number(value.toFixed(digits));
  const points = clip(ring).map(([x, y]) => [round(x), round(y)]);
  return points.filter((p, i) => i === 0 || p[0] !== points[i - 1][0] || p[1] !== points[i - 1][1]);
}

function shapes(file, wanted, weight, digits) {
  const topology = simplify(presimplify(JSON.parse(fs.readFileSync(file))), weight);
  const { features } = feature(topology, topology.objects.countries);
  return features.filter((f) => wanted(f.properties.name)).map((f) => {
    const polygons = f.geometry.type === "Polygon" ? [f.geometry.coordinates] : f.geometry.coordinates;
    const coordinates = polygons
      .map((rings) => rings.map((ring) => tidy(ring, digits)).filter((ring) => ring.length >= 4))
      .filter((rings) => rings.length);
    return {
      type: "Feature",
      properties: { name: f.properties.name },
      geometry: { type: "MultiPolygon", coordinates },
    };
  }).filter((f) => f.geometry.coordinates.length).sort((a, b) => (a.properties.name < b.properties.name ? -1 : 1));
}

const atlas = path.join(modules, "world-atlas");
const features = [
  ...shapes(path.join(atlas, "countries-50m.json"), (name) => name !== "Indonesia", 0.006, 2),
  ...shapes(path.join(atlas, "countries-10m.json"), (name) => name === "Indonesia", 0.00025, 3),
];
fs.writeFileSync(target, JSON.stringify({ type: "FeatureCollection", features }));
