// The page: who am I, which channel, what stands there, what can I do, what time is it.
import { html, render, useState, useEffect, useRef, useCallback } from "/preact-htm.js";
import { call, key } from "/server.js";
import { Message } from "/message.js";
import { CommandBar } from "/commands.js";
import { FormDialog } from "/form.js";

const remembered = (name, fallback) => sessionStorage.getItem(name) ?? fallback;

function App() {
  const [world, setWorld] = useState(null);
  const [me, setMe] = useState(remembered("me", ""));
  const [channel, setChannel] = useState(remembered("channel", ""));
  const [room, setRoom] = useState({ messages: [], commands: [] });
  const [form, setForm] = useState(null);
  const [notice, setNotice] = useState("");
  const [busy, setBusy] = useState(false);

  const refresh = useCallback(async () => {
    try {
      const seen = await call("world", { as: me });
      setWorld(seen);
      const who = seen.people.some((person) => person.id === me) ? me : seen.people[0].id;
      const open = channel === "direct" || seen.channels.some((one) => one.id === channel) ? channel : seen.channels.find((one) => one.can_open)?.id;
      if (who !== me) setMe(who);
      if (open !== channel) setChannel(open);
      if (who && open) setRoom(await call("room", { as: who, channel: open }));
    } catch (fault) {
      setNotice(String(fault.message ?? fault));
    }
  }, [me, channel]);

  useEffect(() => { refresh(); }, [refresh]);
  useEffect(() => {
    sessionStorage.setItem("me", me);
    sessionStorage.setItem("channel", channel);
  }, [me, channel]);

  // Several things change at once; one look afterwards is enough.
  useEffect(() => {
    let planned;
    const events = new EventSource(`/api/events?key=${encodeURIComponent(key)}`);
    events.onmessage = () => {
      clearTimeout(planned);
      planned = setTimeout(refresh, 60);
    };
    const ticking = setInterval(refresh, 20000);
    return () => { events.close(); clearTimeout(planned); clearInterval(ticking); };
  }, [refresh]);

  const act = useCallback(async (what) => {
    setNotice("");
    setBusy(true);
    try {
      const answer = await call("act", {}, { as: me, channel, ...what });
      if (answer.refused) setNotice(answer.refused);
      else if (answer.outcome?.modal) setForm(answer.outcome.modal);
      else if (answer.outcome?.failed) setNotice(answer.outcome.failed);
      await refresh();
      return answer;
    } catch (fault) {
      setNotice(String(fault.message ?? fault));
      return {};
    } finally {
      setBusy(false);
    }
  }, [me, channel, refresh]);

  if (!world) return html`<p class="loading">${notice || "Opening the playground …"}</p>`;
  const here = world.channels.find((one) => one.id === channel);
  const person = world.people.find((one) => one.id === me);
  return html`
    <div class="frame">
      <header>
        <h1>${world.server}</h1>
        <${Who} people=${world.people} me=${me} onPick=${setMe} />
        <${ClockPanel} world=${world} onMove=${async (step) => {
          setBusy(true);
          try { await call("clock", {}, step); await refresh(); } catch (fault) { setNotice(fault.message); } finally { setBusy(false); }
        }} busy=${busy} />
      </header>
      <nav aria-label="Channels">
        <${Channels} channels=${world.channels} open=${channel} onOpen=${setChannel} />
      </nav>
      <main>
        <h2>${channel === "direct" ? "Direct messages with cxbot" : `${here?.kind === "thread" ? "Thread: " : "# "}${here?.name ?? ""}`}</h2>
        ${here?.topic && html`<p class="topic">${here.topic}</p>`}
        <${Messages} messages=${room.messages} world=${world} act=${act} channel=${channel} me=${me} />
        <p class="notice" role="status" aria-live="polite">${notice}</p>
        <${CommandBar} key=${`${me}/${channel}`} commands=${room.commands} world=${world} act=${act} me=${me} channel=${channel}
          mayWrite=${channel === "direct" || here?.can_send} busy=${busy} name=${person?.name} />
      </main>
      ${form && html`<${FormDialog} form=${form} world=${world} onClose=${() => setForm(null)} onSend=${async (values) => {
        const answer = await act({ do: "submit", interaction: form.interaction_id, values });
        if (!answer.refused) setForm(answer.outcome?.modal ?? null);
        return answer.refused;
      }} />`}
    </div>`;
}

function Who({ people, me, onPick }) {
  return html`
    <label class="who">You are
      <select value=${me} onChange=${(event) => onPick(event.target.value)}>
        ${people.map((person) => html`<option value=${person.id} selected=${person.id === me}>${person.name}${person.roles.length ? ` — ${person.roles.join(", ")}` : ""}</option>`)}
      </select>
    </label>`;
}

function ClockPanel({ world, onMove, busy }) {
  const now = new Date(world.now);
  const words = now.toLocaleString("en-US", { timeZone: world.zone, weekday: "long", month: "long", day: "numeric", year: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short" });
  const move = (step, label) => html`<button type="button" disabled=${busy} onClick=${() => onMove(step)}>${label}</button>`;
  return html`
    <section class="clock" aria-label="Clock">
      <time datetime=${world.now}>${words}</time>
      ${move({ minutes: 60 }, "1 hour on")} ${move({ minutes: 1440 }, "1 day on")} ${move({ minutes: 10080 }, "1 week on")} ${move({ to: "next" }, "Next scheduled thing")}
    </section>`;
}

function Channels({ channels, open, onOpen }) {
  return html`
    <ul>
      ${channels.map((one) => one.can_open
        ? html`<li class=${one.parent_is_channel ? "thread" : ""}>
            <button type="button" aria-current=${one.id === open ? "page" : undefined} onClick=${() => onOpen(one.id)}>${one.parent_is_channel ? "↳ " : "# "}${one.name}</button></li>`
        : html`<li class="category">${one.name}</li>`)}
      <li class="category">Private</li>
      <li><button type="button" aria-current=${open === "direct" ? "page" : undefined} onClick=${() => onOpen("direct")}>Direct messages with cxbot</button></li>
    </ul>`;
}

function Messages({ messages, world, act, channel, me }) {
  const end = useRef();
  const last = messages.at(-1);
  useEffect(() => { end.current?.scrollIntoView({ block: "end" }); }, [channel, me, last?.id, messages.length]);
  if (!messages.length) return html`<div class="messages"><p class="empty">Nothing here yet. Type / below to see what you can do.</p></div>`;
  return html`
    <div class="messages" role="log" aria-label="Messages" tabindex="0">
      ${messages.map((message) => html`<${Message} key=${message.id} message=${message} world=${world} act=${act} />`)}
      <div ref=${end}></div>
    </div>`;
}

render(html`<${App} />`, document.getElementById("app"));
