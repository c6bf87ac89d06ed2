// The messages of the open channel, as a list with a row for every one of them: the scroll bar stands for the whole channel. Only what is
// in sight is drawn, and only what the reader comes to is asked from the server. New messages keep the end in view unless the reader has
// scrolled up, and what is being read stays where it is on the screen.
import { html, useLayoutEffect, useEffect, useMemo, useRef, useState } from "/preact-htm.js";
import { Virtualizer, defaultRangeExtractor, elementScroll, observeElementOffset, observeElementRect } from "/virtual-core.js";
import { Message } from "/message.js";
import { Rows } from "/rows.js";

/// How many messages are asked for at once, and how many rows before its edge comes into sight the next part is asked for.
const PART = 150;
const AHEAD = 40;
/// How many rows are drawn before and after those in sight.
const BESIDE = 20;
/// The height of a row that has not been drawn yet, in pixels.
const HEIGHT = 56;
/// How near to the end still is at the end, in pixels.
const NEAR = 40;
/// How far an arrow key goes, in pixels.
const STEP = 60;

export function Messages({ seen, fresh, act, onOpen, openMenu, onSpan, lines, onForget }) {
  const box = useRef();
  const inside = useRef();
  const rows = useMemo(() => new Rows(), []);
  const taken = useRef(null);
  const [, draw] = useState(0);
  const [atEnd, setAtEnd] = useState(true);
  const stick = useRef(true);
  const scrolledTo = useRef(0);
  const touched = useRef(new Set());
  const span = useRef({});
  const asked = useRef(false);

  if (fresh && taken.current !== seen) {
    taken.current = seen;
    rows.take(seen);
  }
  const { ids } = rows;
  const thinking = rows.messages.some((message) => message.loading);
  const tail = lines.filter((line) => line.failed || !thinking);
  const count = ids.length + tail.length;
  const keyOf = useMemo(() => (row) => ids[row] ?? (row < ids.length ? row : `line ${tail[row - ids.length].id}`), [ids, tail.map((line) => line.id).join()]);

  /// Rows that are drawn wherever the reader is: where the focus is, and where something was begun that would be lost.
  const inUse = () => {
    const focused = inside.current?.contains(document.activeElement) ? document.activeElement.closest("article")?.dataset.message : undefined;
    return [focused, ...touched.current].map((id) => rows.at.get(id)).filter((row) => row !== undefined && rows.has(row));
  };
  const options = {
    count,
    getItemKey: keyOf,
    getScrollElement: () => box.current,
    estimateSize: () => HEIGHT,
    overscan: BESIDE,
    rangeExtractor: (range) => [...new Set([...defaultRangeExtractor(range), ...inUse()])].sort((one, other) => one - other),
    anchorTo: "end",
    scrollEndThreshold: NEAR,
    paddingStart: 10,
    paddingEnd: 6,
    observeElementRect,
    observeElementOffset,
    scrollToFn: elementScroll,
    onChange: () => draw((times) => times + 1),
  };
  const list = useMemo(() => {
    const made = new Virtualizer(options);
    // Whatever changes its height above what is being read, and whichever way the reader goes, does not move it.
    made.shouldAdjustScrollPositionOnItemSizeChange = ({ key, start, end }) =>
      end <= made.scrollOffset || (start < made.scrollOffset && !made.itemSizeCache.has(key));
    return made;
  }, []);
  list.setOptions(options);

  const below = () => box.current.scrollHeight - box.current.clientHeight - box.current.scrollTop;
  const holdEnd = () => { if (stick.current && count && below() > 1) list.scrollToEnd(); };
  useLayoutEffect(() => list._didMount(), []);
  useLayoutEffect(() => { list._willUpdate(); holdEnd(); });
  const hold = useRef();
  hold.current = holdEnd;
  useEffect(() => {
    // A form below takes room from the list.
    const watch = new ResizeObserver(() => hold.current());
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);

  const leaveEnd = (left) => {
    stick.current = !left;
    setAtEnd(!left);
  };
  const scrolled = () => {
    // A last scroll event can come after the list has gone.
    if (!box.current) return;
    const { scrollTop } = box.current;
    // Only the reader scrolls up; messages that come or grow push the end away below.
    if (below() < NEAR) leaveEnd(false);
    else if (scrollTop < scrolledTo.current - 1 || !stick.current) leaveEnd(true);
    scrolledTo.current = scrollTop;
  };
  const newest = () => { leaveEnd(false); list.scrollToEnd(); box.current.focus({ preventScroll: true }); };
  // The browser's own way would slide, and stop wherever a row on the way gets its height.
  const pressed = (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || target.matches("input, select, textarea")) return;
    const page = box.current.clientHeight - STEP;
    const byKey = { ArrowUp: -STEP, ArrowDown: STEP, PageUp: -page, PageDown: page };
    const by = key === " " && (target === box.current || target.matches("article")) ? (event.shiftKey ? -page : page) : byKey[key];
    if (key === "Home") { leaveEnd(true); list.scrollToOffset(0); }
    else if (key === "End") { leaveEnd(false); list.scrollToEnd(); }
    else if (by) { if (by < 0) leaveEnd(true); list.scrollBy(by); }
    else return;
    event.preventDefault();
  };

  /// The part that is wanted and not here: the end as it grows for who is there, else what is around the rows in sight.
  const wanted = () => {
    if (stick.current) return span.current.first === undefined ? null : {};
    if (!list.range) return null;
    const from = Math.max(0, Math.min(list.range.startIndex, ids.length - 1) - AHEAD);
    const to = Math.min(ids.length, list.range.endIndex + 1 + AHEAD);
    if (from >= rows.first && to <= rows.first + rows.messages.length) return null;
    const first = Math.max(0, Math.min(Math.round((from + to - PART) / 2), ids.length - PART));
    return first === span.current.first ? null : { first, most: PART };
  };
  // One part is asked for at a time; when it has come, it is looked again where the reader is by then.
  useEffect(() => { asked.current = false; }, [seen]);
  useEffect(() => {
    const next = fresh && !asked.current ? wanted() : null;
    if (!next) return;
    asked.current = true;
    span.current = next;
    onSpan(next);
  });

  const message = (row) => {
    const one = rows.message(row);
    const answered = one.replies_to && (rows.message(rows.at.get(one.replies_to)) ?? seen.answered.find((other) => other.id === one.replies_to));
    return html`<${Kept} message=${one} before=${rows.message(row - 1)} answered=${answered} row=${row} rows=${ids.length} seen=${seen} act=${act} onOpen=${onOpen} openMenu=${openMenu} />`;
  };
  const line = (one) => one.failed
    ? html`<div class="message private"><p class="failed"><span aria-hidden="true">⚠ </span>${one.failed}</p>
        <p class="only">${one.words ? `${one.words} · ` : ""}Only you can see this · <button type="button" class="plain" onClick=${() => onForget(one.id)}>Dismiss</button></p></div>`
    : html`<p class="thinking">cxbot is thinking …</p>`;
  const begun = ({ target }) => { const id = target.closest("article")?.dataset.message; if (id) touched.current.add(id); };
  return html`
    <div class="messagebox">
      <div class="messages" ref=${box} onScroll=${scrolled} onKeyDown=${pressed} onInput=${begun} role="log" aria-label="Messages" aria-live=${atEnd ? "polite" : "off"} tabindex="0">
        ${fresh && !count && html`<p class="empty">Nothing here yet.${seen.channel === "direct" ? "" : " Type / below to see what you can do."}</p>`}
        <div ref=${inside} class="places" style=${{ height: `${list.getTotalSize()}px` }}>
          ${list.getVirtualItems().map(({ key, index, start, size }) => {
            const awaited = index < ids.length && !rows.has(index);
            return html`<div key=${key} data-index=${index} ref=${list.measureElement} class=${awaited ? "place awaited" : "place"}
              style=${{ transform: `translateY(${start}px)`, height: awaited ? `${size}px` : "auto" }}>${!awaited && (index < ids.length ? message(index) : line(tail[index - ids.length]))}</div>`;
          })}
        </div>
      </div>
      ${!atEnd && html`<button type="button" class="toend" onClick=${newest}>Jump to the newest</button>`}
    </div>`;
}

/// A message, drawn again only when something about it has changed, and not at each step of scrolling.
function Kept({ message, before, answered, row, rows, seen, act, onOpen, openMenu }) {
  return useMemo(() => html`<${Message} message=${message} before=${before} answered=${answered} row=${row} rows=${rows} seen=${seen} act=${act} onOpen=${onOpen} openMenu=${openMenu} />`,
    [message, before, answered, row, rows, seen, act, onOpen, openMenu]);
}
