#include "sim/story_page.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace holdfast {
namespace {

constexpr char kPage[] = R"page(<!doctype html>
<meta charset="utf-8">
<title>%TITLE%</title>
<style>
body { font: 13px/1.4 ui-monospace, monospace; margin: 0; background: #fbfaf7; color: #222 }
header { padding: 8px 14px; display: flex; gap: 14px; align-items: center; flex-wrap: wrap }
header b { font-size: 15px }
label { cursor: pointer; white-space: nowrap }
label i { display: inline-block; width: 14px; height: 3px; vertical-align: middle; margin: 0 4px }
canvas { display: block; width: 100%; cursor: grab; border: solid #d8d4c8; border-width: 1px 0 }
#events { max-height: 45vh; overflow: auto; padding: 6px 14px }
#events div { white-space: pre-wrap; padding: 1px 4px; cursor: pointer }
#events div:hover { background: #efe9da }
#events .all { color: #8a4b00 } #events .bad { color: #b00020; font-weight: bold }
#note { color: #777 }
</style>
<header>
  <b>%TITLE%</b>
  <input id="filter" placeholder="filter events" size="24">
  <span id="kinds"></span>
  <button id="in">+</button><button id="out">&minus;</button><button id="fit">all</button>
  <span id="note"></span>
</header>
<canvas id="picture"></canvas>
<div id="events"></div>
<script>
'use strict';
const story = %DATA%;
const palette = ['#3465a4', '#75507b', '#4e9a06', '#c17d11', '#888a85', '#06989a', '#ce5c00', '#204a87'];
const roles = [['leads', '#bfe3b8'], ['follows', '#e4ecf7'], ['learns', '#fbe9b7'], ['waits', '#f2e2c4'],
               ['says LOST', '#f4b9b9'], ['votes', '#eee'], ['starts', '#eee']];
const top_ = 74, lane = 96, arrows_max = 4000;
const canvas = document.getElementById('picture'), pen = canvas.getContext('2d');
const end = Math.max(1, ...story.lines.map(l => l[0]), ...story.messages.map(m => m[1]));
let from = 0, to = end * 1.02, chosen = null;
// Pings say least: they wait to be asked for.
const shown = story.kinds.map(kind => !/^p[io]ng$/.test(kind));

const role_of = what => roles.find(r => what.startsWith(r[0]));
const is_bad = what => /^I\d+:|lost|wrong|no order|not at rest|CHECK/.test(what);
const x_of = t => (t - from) / (to - from) * canvas.clientWidth;
const y_of = node => top_ + lane * node + lane / 2;
const seconds = t => (t / 1e6).toFixed(6);

function resize() {
  const scale = window.devicePixelRatio || 1, height = top_ + lane * story.nodes + 10;
  canvas.style.height = height + 'px';
  canvas.width = canvas.clientWidth * scale;
  canvas.height = height * scale;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  draw();
}

function draw_axis(width) {
  const about = (to - from) / (width / 110), power = 10 ** Math.floor(Math.log10(about));
  const step = Math.max(1, [1, 2, 5, 10].map(f => f * power).find(s => s >= about));
  pen.fillStyle = '#777';
  for (let t = Math.ceil(from / step) * step; t < to; t += step) {
    pen.fillRect(x_of(t), 0, 1, 6);
    pen.fillText(seconds(t).replace(/0+$/, '').replace(/\.$/, '') + ' s', x_of(t) + 3, 12);
  }
}

function draw_lanes(width) {
  for (let node = 0; node < story.nodes; ++node) {
    let since = 0, role = null;
    const band = until => {
      if (!role || until < from || since > to) return;
      const a = Math.max(0, x_of(since)), b = Math.min(width, x_of(until));
      pen.fillStyle = role_of(role)[1];
      pen.fillRect(a, y_of(node) - 13, Math.max(1, b - a), 26);
      pen.fillStyle = '#222';
      if (b - a > 30) clip_text(role, a + 4, y_of(node) + 4, b - a - 6);
    };
    for (const [t, at, what] of story.lines) {
      if (at !== node || !role_of(what)) continue;
      band(t);
      [since, role] = [t, what];
    }
    band(end);
    pen.fillStyle = '#222';
    pen.fillText('node ' + node, 4, y_of(node) - 22);
  }
}

function clip_text(text, x, y, room) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y - 14, Math.max(0, room), 20);
  pen.clip();
  pen.fillText(text, x, y);
  pen.restore();
}

function draw_events(width) {
  const free = [-1e9, -1e9, -1e9], lanes = Array(story.nodes).fill(-1e9);
  for (const line of story.lines) {
    const [t, node, what] = line;
    if (t < from || t > to || role_of(what)) continue;
    const x = x_of(t), bad = is_bad(what);
    pen.fillStyle = pen.strokeStyle = line === chosen ? '#000' : bad ? '#b00020' : node < 0 ? '#c17d11' : '#555';
    if (node < 0) {
      pen.setLineDash(bad ? [] : [3, 4]);
      pen.beginPath();
      pen.moveTo(x, 18);
      pen.lineTo(x, top_ + lane * story.nodes);
      pen.stroke();
      pen.setLineDash([]);
      const row = free.findIndex(busy => busy < x);
      if (row >= 0) {
        const room = Math.min(260, Math.max(60, width / 6));
        clip_text(what, x + 3, 30 + row * 15, room);
        free[row] = x + Math.min(room, pen.measureText(what).width) + 8;
      }
    } else {
      pen.beginPath();
      pen.arc(x, y_of(node) + 17, 3, 0, 7);
      pen.fill();
      if (lanes[node] < x) {
        pen.fillText(what, x + 6, y_of(node) + 30);
        lanes[node] = x + 6 + pen.measureText(what).width + 10;
      }
    }
  }
}

function draw_messages() {
  const seen = story.messages.filter(m => shown[m[4]] && m[1] >= from && m[0] <= to);
  const every = Math.ceil(seen.length / arrows_max) || 1;
  const heads = seen.length / every < 900;
  let drawn = 0;
  for (let i = 0; i < seen.length; i += every) {
    const [sent, arrives, a, b, kind] = seen[i], sign = a < b ? 1 : -1;
    const x1 = x_of(sent), y1 = y_of(a) + 13 * sign, x2 = x_of(arrives), y2 = y_of(b) - 13 * sign;
    pen.strokeStyle = pen.fillStyle = palette[kind % palette.length];
    pen.globalAlpha = heads ? 0.9 : 0.35;
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
    pen.stroke();
    if (heads) {
      const turn = Math.atan2(y2 - y1, x2 - x1);
      pen.beginPath();
      pen.moveTo(x2, y2);
      pen.lineTo(x2 - 7 * Math.cos(turn - 0.4), y2 - 7 * Math.sin(turn - 0.4));
      pen.lineTo(x2 - 7 * Math.cos(turn + 0.4), y2 - 7 * Math.sin(turn + 0.4));
      pen.fill();
    }
    ++drawn;
  }
  pen.globalAlpha = 1;
  document.getElementById('note').textContent = every === 1 ? seen.length + ' messages'
      : 'one of ' + every + ' of ' + seen.length + ' messages; zoom in for all';
  document.body.dataset.drawn = drawn;
}

function draw() {
  const width = canvas.clientWidth;
  pen.clearRect(0, 0, width, canvas.height);
  pen.font = '11px ui-monospace, monospace';
  draw_axis(width);
  draw_messages();
  draw_lanes(width);
  draw_events(width);
}

function zoom(factor, x) {
  const at = from + (to - from) * x / canvas.clientWidth;
  const span = Math.min(end * 1.1, Math.max(20, (to - from) * factor));
  from = at - span * x / canvas.clientWidth;
  to = from + span;
  draw();
}

function list() {
  const wanted = document.getElementById('filter').value.toLowerCase();
  const box = document.getElementById('events');
  box.textContent = '';
  for (const line of story.lines) {
    const [t, node, what] = line;
    const text = seconds(t).padStart(12) + '  ' + (node < 0 ? '      ' : 'node ' + node) + '  ' + what;
    if (!text.toLowerCase().includes(wanted)) continue;
    const row = document.createElement('div');
    row.textContent = text;
    row.className = is_bad(what) ? 'bad' : node < 0 ? 'all' : '';
    row.onclick = () => {
      const span = Math.min(to - from, 20000);
      [from, to, chosen] = [t - span / 2, t + span / 2, line];
      draw();
    };
    box.append(row);
  }
  document.body.dataset.listed = box.children.length;
}

story.kinds.forEach((kind, i) => {
  const label = document.createElement('label'), box = document.createElement('input');
  const bar = document.createElement('i');
  box.type = 'checkbox';
  box.checked = shown[i];
  box.onchange = () => { shown[i] = box.checked; draw(); };
  bar.style.background = palette[i % palette.length];
  label.append(box, bar, kind);
  document.getElementById('kinds').append(label);
});
let held = null;
canvas.onwheel = e => { e.preventDefault(); zoom(e.deltaY > 0 ? 1.25 : 0.8, e.offsetX); };
canvas.onmousedown = e => { held = [e.offsetX, from, to]; };
window.onmouseup = () => { held = null; };
canvas.onmousemove = e => {
  if (!held) return;
  const by = (held[0] - e.offsetX) / canvas.clientWidth * (held[2] - held[1]);
  [from, to] = [held[1] + by, held[2] + by];
  draw();
};
document.getElementById('in').onclick = () => zoom(0.5, canvas.clientWidth / 2);
document.getElementById('out').onclick = () => zoom(2, canvas.clientWidth / 2);
document.getElementById('fit').onclick = () => { [from, to] = [0, end * 1.02]; draw(); };
document.getElementById('filter').oninput = list;
window.onresize = resize;
// "#1.2-1.4" behind the file's name: these seconds.
const span = location.hash.match(/^#([\d.]+)-([\d.]+)$/);
if (span) [from, to] = [span[1] * 1e6, span[2] * 1e6];
list();
resize();
</script>
)page";

std::string Escape(const std::string& text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
}

// Microseconds are enough for a picture.
int64_t Micros(Nanos time) { return time.value / 1000; }

std::string Data(const Story& story) {
  using Json = nlohmann::json;
  Json lines = Json::array(), messages = Json::array(), kinds = Json::array();
  for (const Story::Line& line : story.lines()) {
    lines.push_back({Micros(line.time), line.node, line.what});
  }
  for (const Story::Message& message : story.messages()) {
    size_t kind = 0;
    while (kind < kinds.size() && kinds[kind] != message.kind) ++kind;
    if (kind == kinds.size()) kinds.push_back(message.kind);
    messages.push_back(
        {Micros(message.sent), Micros(message.arrives), message.from, message.to, kind});
  }
  const Json data = {
      {"nodes", story.nodes()}, {"lines", lines}, {"messages", messages}, {"kinds", kinds}};
  // Nothing that is told may end the script.
  return absl::StrReplaceAll(data.dump(-1, ' ', false, Json::error_handler_t::replace),
                             {{"<", "\\u003c"}});
}

}  // namespace

std::string StoryPage(const Story& story, const std::string& title) {
  return absl::StrReplaceAll(kPage, {{"%TITLE%", Escape(title)}, {"%DATA%", Data(story)}});
}

}  // namespace holdfast
