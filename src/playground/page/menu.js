// A menu at a place: arrow keys walk, Escape and Tab leave, and focus goes back to where it came from.
import { html, useEffect, useLayoutEffect, useRef } from "/preact-htm.js";

export function Menu({ label, items, opener, x, y, onClose }) {
  const list = useRef();
  // Before the next key, which is meant for the menu.
  useLayoutEffect(() => { list.current.querySelector("button").focus(); }, [label]);
  useEffect(() => {
    const outside = (event) => { if (!list.current?.contains(event.target)) onClose(); };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [onClose]);
  const leave = () => { onClose(); opener?.focus?.(); };
  const walk = (event) => {
    const all = [...list.current.querySelectorAll("button")];
    const at = all.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); all.at(to % all.length).focus(); }
    if (event.key === "Escape" || event.key === "Tab") { event.preventDefault(); leave(); }
  };
  const place = { left: `${Math.max(8, Math.min(x, innerWidth - 240))}px`, top: `${Math.min(y, innerHeight - 40 - items.length * 44)}px` };
  return html`<div ref=${list} class="menu" role="menu" aria-label=${label} style=${place} onKeyDown=${walk}>
    ${items.map((item) => html`<button type="button" role="menuitem" tabindex="-1" onClick=${() => { leave(); item.run(); }}>${item.label}</button>`)}</div>`;
}
