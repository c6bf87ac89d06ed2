// The messages of the open channel. New ones keep the end in view unless the reader has scrolled up.
import { html, useLayoutEffect, useEffect, useRef, useState } from "/preact-htm.js";
import { Message } from "/message.js";

export function Messages({ seen, fresh, act, onOpen, openMenu, onEarlier, lines, onForget }) {
  const box = useRef();
  const inside = useRef();
  const [atEnd, setAtEnd] = useState(true);
  const stick = useRef(true);
  const toEnd = () => { if (box.current) box.current.scrollTop = box.current.scrollHeight; };
  useLayoutEffect(() => { if (stick.current) toEnd(); });
  useEffect(() => {
    // Pictures arrive later and push the end down, and a form below takes room from it.
    const watch = new ResizeObserver(() => { if (stick.current) toEnd(); });
    watch.observe(inside.current);
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const scrolled = () => {
    // A last scroll event can come after the list has gone.
    if (!box.current) return;
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    stick.current = scrollHeight - scrollTop - clientHeight < 40;
    if (stick.current !== atEnd) setAtEnd(stick.current);
  };
  const messages = fresh ? seen.messages : [];
  const thinking = messages.some((message) => message.loading);
  return html`
    <div class="messagebox">
      <div class="messages" ref=${box} onScroll=${scrolled} role="log" aria-label="Messages" tabindex="0">
        <div ref=${inside}>
          ${fresh && seen.earlier > 0 && html`<p><button type="button" onClick=${onEarlier}>Show earlier messages (${seen.earlier})</button></p>`}
          ${fresh && !messages.length && !lines.length && html`<p class="empty">Nothing here yet.${seen.channel === "direct" ? "" : " Type / below to see what you can do."}</p>`}
          ${messages.map((message, at) => html`<${Message} key=${message.id} message=${message} before=${messages[at - 1]} answered=${message.replies_to && messages.find((one) => one.id === message.replies_to)}
            seen=${seen} act=${act} onOpen=${onOpen} openMenu=${openMenu} />`)}
          ${lines.map((line) => line.failed
            ? html`<div key=${line.id} class="message private"><p class="failed"><span aria-hidden="true">⚠ </span>${line.failed}</p>
                <p class="only">${line.words ? `${line.words} · ` : ""}Only you can see this · <button type="button" class="plain" onClick=${() => onForget(line.id)}>Dismiss</button></p></div>`
            : !thinking && html`<p key=${line.id} class="thinking">cxbot is thinking …</p>`)}
        </div>
      </div>
      ${!atEnd && html`<button type="button" class="toend" onClick=${() => { stick.current = true; toEnd(); box.current.focus(); }}>Jump to the newest</button>`}
    </div>`;
}
