// The time machine: what time it is in the playground, and ways to move on. Everything that falls due on the way happens, in order.
import { html, useEffect, useState } from "/preact-htm.js";
import { call } from "/server.js";

/// The zone of who reads. Discord too shows every moment in it, whatever the server's own is.
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export const said = (instant, more = {}) => new Date(instant).toLocaleString("en-US", { weekday: "short", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", ...more });

/// A zone as people read it.
const words = (zone) => zone.replaceAll("_", " ");

export function TimeMachine({ seen, moving, onMove }) {
  const button = (step, label) => html`<button type="button" aria-disabled=${moving} onClick=${() => !moving && onMove(step)}>${label}</button>`;
  return html`
    <section class="clock" aria-label="Time machine">
      <time datetime=${seen.now}>${said(seen.now, { year: "numeric", timeZoneName: "short" })}</time>
      ${button({ minutes: 60 }, "1 hour on")} ${button({ minutes: 1440 }, "1 day on")} ${button({ minutes: 10080 }, "1 week on")} ${button({ to: "next" }, "Next scheduled")}
    </section>`;
}

export function Coming({ version, seen, moving, onMove }) {
  const [coming, setComing] = useState(null);
  const [fault, setFault] = useState("");
  useEffect(() => {
    let late = false;
    call("coming").then((answer) => !late && setComing(answer.coming), (why) => !late && setFault(why.message));
    return () => { late = true; };
  }, [version, seen?.now]);
  if (fault) return html`<p class="problem">${fault}</p>`;
  if (!coming) return html`<p class="empty">Looking …</p>`;
  return html`
    <p class="topic">What happens by itself from here on. Go to a moment, and everything up to it happens in order while you watch.
      Times are in your zone, ${words(ZONE)}${seen.zone === ZONE ? "" : `; cxbot plans in ${words(seen.zone)}`}.</p>
    ${!coming.length && html`<p class="empty">Nothing is scheduled. Open a pulse with /pulse open, or plan lessons with /lesson schedule.</p>`}
    <ol class="coming">
      ${coming.map((one) => html`<li key=${`${one.at}${one.what}`} class=${one.left_out ? "leftout" : ""}>
        <time datetime=${one.at}>${said(one.at)}</time>
        <p>${one.what}${one.left_out && html` <strong>(${one.left_out})</strong>`}</p>
        ${!one.left_out && html`<button type="button" aria-disabled=${moving} aria-label=${`Go to ${said(one.at)}: ${one.what}`} onClick=${() => !moving && onMove({ to: one.at })}>Go there</button>`}
      </li>`)}
    </ol>`;
}
