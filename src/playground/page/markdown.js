// Discord's Markdown as elements. Text is only ever text: nothing here builds HTML from a string.
import { html } from "/preact-htm.js";

const INLINE = [
  [/^```(?:[a-z]*\n)?([\s\S]*?)```/, (match) => html`<pre>${match[1]}</pre>`],
  [/^`([^`]+)`/, (match) => html`<code>${match[1]}</code>`],
  [/^\\([\\*_~`>#\-|[\]()<@:.!+])/, (match) => match[1]],
  [/^\*\*([\s\S]+?)\*\*(?!\*)/, (match, deeper) => html`<strong>${deeper(match[1])}</strong>`],
  [/^__([\s\S]+?)__/, (match, deeper) => html`<u>${deeper(match[1])}</u>`],
  [/^\*([^*\n]+)\*/, (match, deeper) => html`<em>${deeper(match[1])}</em>`],
  [/^_([^_\n]+)_(?![a-zA-Z0-9])/, (match, deeper) => html`<em>${deeper(match[1])}</em>`],
  [/^\|\|([\s\S]+?)\|\|/, (match, deeper) => html`<details class="spoiler"><summary>Spoiler: show</summary>${deeper(match[1])}</details>`],
  [/^~~([\s\S]+?)~~/, (match, deeper) => html`<s>${deeper(match[1])}</s>`],
  [/^\[([^\]\n]+)\]\(<?(https?:\/\/[^\s)>]+)>?\)/, (match, deeper) => html`<a href=${match[2]} target="_blank" rel="noreferrer">${deeper(match[1])}</a>`],
  [/^<(https?:\/\/[^\s>]+)>/, (match) => html`<a href=${match[1]} target="_blank" rel="noreferrer">${match[1]}</a>`],
  [/^https?:\/\/[^\s<>)]+/, (match) => html`<a href=${match[0]} target="_blank" rel="noreferrer">${match[0]}</a>`],
  [/^<t:(-?\d+)(?::([tTdDfFR]))?>/, (match, _, context) => instant(match, context)],
  [/^<(?:@[!&]?|#)\d+>/, (match, _, context) => html`<span class="mention">${match[0][1]}${context.names[match[0].replace("@!", "@")] ?? "unknown"}</span>`],
  [/^<\/([^:>]+):\d+>/, (match) => html`<span class="mention">/${match[1]}</span>`],
];

const UNITS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function instant(match, { now }) {
  const at = new Date(Number(match[1]) * 1000);
  if (match[2] === "R") {
    const seconds = (at - new Date(now)) / 1000;
    const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? UNITS.at(-1);
    const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
    return html`<time datetime=${at.toISOString()}>${words}</time>`;
  }
  const shape = { t: { timeStyle: "short" }, T: { timeStyle: "medium" }, d: { dateStyle: "short" }, D: { dateStyle: "long" }, F: { dateStyle: "full", timeStyle: "short" } }[match[2]]
    ?? { dateStyle: "long", timeStyle: "short" };
  return html`<time datetime=${at.toISOString()}>${at.toLocaleString("en-US", shape)}</time>`;
}

function inline(text, context) {
  const parts = [];
  let plain = "";
  let rest = text;
  while (rest) {
    let found;
    for (const [pattern, draw] of INLINE) {
      const match = pattern.exec(rest);
      if (match) { found = [match, draw]; break; }
    }
    if (!found) { plain += rest[0]; rest = rest.slice(1); continue; }
    if (plain) { parts.push(plain); plain = ""; }
    const [match, draw] = found;
    parts.push(draw(match, (inner) => inline(inner, context), context));
    rest = rest.slice(match[0].length);
  }
  if (plain) parts.push(plain);
  return parts;
}

export function Markdown({ text, context }) {
  if (!text) return null;
  const blocks = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    const heading = /^(#{1,3}) +(.*)/.exec(line);
    const small = /^-# +(.*)/.exec(line);
    if (line.startsWith("```")) {
      let end = at;
      while (end + 1 < lines.length && !lines[end].slice(end === at ? 3 : 0).includes("```")) end += 1;
      blocks.push(html`<pre>${lines.slice(at, end + 1).join("\n").replace(/^```[a-z]*\n?/, "").replace(/```$/, "")}</pre>`);
      at = end;
    } else if (heading) blocks.push(html`<p class=${`heading${heading[1].length}`} role="heading" aria-level=${heading[1].length + 3}>${inline(heading[2], context)}</p>`);
    else if (small) blocks.push(html`<p class="small">${inline(small[1], context)}</p>`);
    else if (/^>>> /.test(line)) { blocks.push(html`<blockquote><${Markdown} text=${lines.slice(at).join("\n").slice(4)} context=${context} /></blockquote>`); break; }
    else if (/^> /.test(line)) blocks.push(html`<blockquote>${inline(line.slice(2), context)}</blockquote>`);
    else if (/^\s*(?:[-*]|\d+\.) +/.test(line)) {
      const items = [];
      // As on Discord, a list goes on with the number that it was written with.
      const first = line.match(/^\s*(\d+)\./)?.[1];
      while (at < lines.length && /^\s*(?:[-*]|\d+\.) +/.test(lines[at])) {
        const deep = /^\s{2,}/.test(lines[at]);
        items.push(html`<li class=${deep ? "deep" : ""}>${inline(lines[at].replace(/^\s*(?:[-*]|\d+\.) +/, ""), context)}</li>`);
        at += 1;
      }
      at -= 1;
      blocks.push(first ? html`<ol start=${Number(first)}>${items}</ol>` : html`<ul>${items}</ul>`);
    } else if (line.trim()) blocks.push(html`<p>${inline(line, context)}</p>`);
  }
  return html`<div class="text">${blocks}</div>`;
}
