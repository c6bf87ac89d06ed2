// Behind the curtain: what bot and server say to each other, faults to switch on, messages on their way, a transcript to keep.
import { html, useCallback, useEffect, useRef, useState } from "/preact-htm.js";
import { call, save } from "/server.js";
import { said } from "/time.js";

const FAULTS = [
  ["server_error", "Next message meets a 500"],
  ["rate_limit", "Next message is rate limited (429)"],
  ["lost_answer", "Next message's answer is lost"],
  ["slow", "Everything takes four seconds"],
  ["drop_gateway", "Drop the gateway connection"],
  ["close_direct_messages", "Close this person's direct messages"],
  ["open_direct_messages", "Open this person's direct messages"],
  ["clear", "Clear all faults"],
];
const KEPT = 400;
// Heartbeats say nothing that a reader wants to see.
const DULL = new Set([1, 11]);

export function Backstage({ version, seen }) {
  const [entries, setEntries] = useState([]);
  const [outbox, setOutbox] = useState(null);
  const [line, setSaid] = useState("");
  const [only, setOnly] = useState("all");
  const after = useRef(0);
  const busy = useRef(false);
  const me = seen?.me;
  const look = useCallback(async () => {
    if (busy.current || !me) return;
    busy.current = true;
    try {
      const now = await call("backstage", { as: me, after: after.current });
      after.current = now.entries.at(-1)?.number ?? after.current;
      setEntries((before) => [...before, ...now.entries].slice(-KEPT));
      setOutbox(now.outbox);
    } catch (fault) { setSaid(fault.message); } finally { busy.current = false; }
  }, [me]);
  useEffect(() => { look(); }, [look, version]);
  // Requests are written down when they are over, which is a moment after the change that they made.
  useEffect(() => { const every = setInterval(look, 1000); return () => clearInterval(every); }, [look]);
  const fault = async (what) => {
    try { setSaid((await call("fault", {}, { what, as: me })).said); } catch (why) { setSaid(why.message); }
  };
  const keepIt = (form, name) => save("transcript", { as: me, form }, name).catch((why) => setSaid(why.message));
  const shown = entries.filter((one) => (only === "all" || one.kind === only) && !(one.kind === "gateway" && DULL.has(one.frame.op)));
  return html`
    <p class="said" role="status">${line}</p>
    <section aria-label="Faults"><h3>Bad days</h3>
      <div class="row">${FAULTS.map(([what, label]) => html`<button type="button" key=${what} onClick=${() => fault(what)}>${label}</button>`)}</div></section>
    <section aria-label="Outbox"><h3>On their way</h3>
      ${outbox && html`<p>${outbox.waiting.length === 1 ? "1 message waits" : `${outbox.waiting.length || "No"} messages wait`} to be sent, ${outbox.failed.length || "none"} given up.</p>
      <ul class="waiting" aria-label="Waiting messages">${outbox.waiting.map((one, at) => html`<li key=${at}><strong>${one.what}</strong>${one.words && html`: ${one.words}`}<br />
        <small>${one.follows ? "after the message that it belongs to" : `due ${said(one.due_at)}`}, ${one.tries ? `tried ${one.tries === 1 ? "once" : `${one.tries} times`}` : "not tried yet"}</small></li>`)}</ul>
      ${outbox.failed.map((one) => html`<p key=${one.key} class="problem">${one.key}: ${one.why}</p>`)}`}</section>
    <section aria-label="Transcript"><h3>Keep a transcript</h3>
      <div class="row"><button type="button" onClick=${() => keepIt("text", "cxbot-transcript.txt")}>Save as text</button>
      <button type="button" onClick=${() => keepIt("json", "cxbot-transcript.json")}>Save as JSON</button></div>
      <p class="help">Everything that this person sees. The JSON also holds what everybody did, so that <code>cxbot replay</code> can play it again, and the protocol below. Tokens are masked.</p></section>
    <section aria-label="Protocol"><h3>What is said</h3>
      <label class="who">Show <select onChange=${(event) => setOnly(event.target.value)}><option value="all">everything</option><option value="rest">requests</option><option value="gateway">gateway frames</option></select></label>
      <div class="protocol" tabindex="0" role="region" aria-label="Requests and frames, newest first">
        ${[...shown].reverse().slice(0, 120).map((one) => html`<${Entry} key=${one.number} one=${one} />`)}
      </div></section>`;
}

function Entry({ one }) {
  const [open, setOpen] = useState(false);
  const bad = one.kind === "rest" && !(one.status >= 200 && one.status < 300);
  const title = one.kind === "rest"
    ? html`<strong>${one.method}</strong> ${one.path.replace("/api/v10", "")} <span class=${bad ? "bad" : "fine"}>${one.status || "lost"}</span> ${one.millis < 10 ? one.millis.toFixed(1) : Math.round(one.millis)} ms`
    : html`<strong>${one.from_bot ? "bot →" : "→ bot"}</strong> ${one.frame.t ?? `op ${one.frame.op}`}`;
  const body = one.kind === "rest" ? { request: one.body, files: one.files, answer: one.answer } : one.frame;
  return html`<details class="entry" onToggle=${(event) => setOpen(event.target.open)}><summary>${title}</summary>${open && html`<pre tabindex="0">${JSON.stringify(body, null, 2)}</pre>`}</details>`;
}
