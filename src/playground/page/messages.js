// The messages of the open channel. New ones keep the end in view unless the reader has scrolled up. Of a long channel only a part is drawn;
// it moves along with the reader, and what is being read stays where it is on the screen.
import { html, useLayoutEffect, useEffect, useRef, useState } from "/preact-htm.js";
import { Message } from "/message.js";

/// How many messages are drawn at most, and how many of them stay when the part moves.
export const MOST = 150;
const STAY = MOST / 2;
/// How near to the first or last drawn message the part moves, in pixels.
const NEAR = 700;

export function Messages({ seen, fresh, act, onOpen, openMenu, onSpan, lines, onForget }) {
  const box = useRef();
  const inside = useRef();
  const [atEnd, setAtEnd] = useState(true);
  const stick = useRef(true);
  const reading = useRef(null);
  const asked = useRef("");
  const messages = fresh ? seen.messages : [];
  const { earlier, later } = fresh ? seen : { earlier: 0, later: 0 };
  const toEnd = () => { if (box.current) box.current.scrollTop = box.current.scrollHeight; };
  const newest = () => { stick.current = true; if (later) onSpan({}); toEnd(); box.current.focus(); };
  const showEarlier = () => onSpan({ until: messages[Math.min(STAY, messages.length) - 1].id, most: MOST });
  const showLater = () => onSpan({ from: messages[Math.max(0, messages.length - STAY)].id, most: MOST });
  const noteReading = () => {
    const top = box.current.getBoundingClientRect().top;
    for (const one of inside.current.querySelectorAll("article")) {
      const { top: begins, bottom } = one.getBoundingClientRect();
      if (bottom > top) { reading.current = { id: one.dataset.message, at: begins - top }; return; }
    }
    reading.current = null;
  };
  const stay = () => {
    if (stick.current) return toEnd();
    if (!reading.current || !box.current) return;
    const one = inside.current.querySelector(`article[data-message="${reading.current.id}"]`);
    const moved = one ? one.getBoundingClientRect().top - box.current.getBoundingClientRect().top - reading.current.at : 0;
    if (Math.abs(moved) >= 1) box.current.scrollTop += moved;
  };
  useLayoutEffect(stay);
  const part = `${messages[0]?.id} ${messages.at(-1)?.id}`;
  useEffect(() => { asked.current = ""; }, [part]);
  useEffect(() => {
    // Pictures arrive later and push the rest down, and a form below takes room from it.
    const watch = new ResizeObserver(() => stay());
    watch.observe(inside.current);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const scrolled = () => {
    // A last scroll event can come after the list has gone.
    if (!box.current || !fresh) return;
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    const below = scrollHeight - scrollTop - clientHeight;
    stick.current = below < 40 && !later;
    if (stick.current !== atEnd) setAtEnd(stick.current);
    noteReading();
    // Each part is left once: until the next one has come, further scrolling asks for nothing.
    if (asked.current === part) return;
    if (earlier && scrollTop < NEAR) { asked.current = part; showEarlier(); }
    else if (later && below < NEAR) { asked.current = part; showLater(); }
  };
  const thinking = messages.some((message) => message.loading);
  return html`
    <div class="messagebox">
      <div class="messages" ref=${box} onScroll=${scrolled} role="log" aria-label="Messages" tabindex="0">
        <div ref=${inside}>
          ${earlier > 0 && html`<p><button type="button" onClick=${showEarlier}>Show earlier messages (${earlier})</button></p>`}
          ${fresh && !messages.length && !lines.length && html`<p class="empty">Nothing here yet.${seen.channel === "direct" ? "" : " Type / below to see what you can do."}</p>`}
          ${messages.map((message, at) => html`<${Message} key=${message.id} message=${message} before=${messages[at - 1]} answered=${message.replies_to && messages.find((one) => one.id === message.replies_to)}
            seen=${seen} act=${act} onOpen=${onOpen} openMenu=${openMenu} />`)}
          ${lines.map((line) => line.failed
            ? html`<div key=${line.id} class="message private"><p class="failed"><span aria-hidden="true">⚠ </span>${line.failed}</p>
                <p class="only">${line.words ? `${line.words} · ` : ""}Only you can see this · <button type="button" class="plain" onClick=${() => onForget(line.id)}>Dismiss</button></p></div>`
            : !thinking && html`<p key=${line.id} class="thinking">cxbot is thinking …</p>`)}
          ${later > 0 && html`<p><button type="button" onClick=${showLater}>Show later messages (${later})</button></p>`}
        </div>
      </div>
      ${!atEnd && html`<button type="button" class="toend" onClick=${newest}>Jump to the newest</button>`}
    </div>`;
}
