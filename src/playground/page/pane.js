// What one person sees: their channels, the open one, and the people.
import { html, useState, useEffect, useLayoutEffect, useRef, useCallback } from "/preact-htm.js";
import { call, kept, keep } from "/server.js";
import { Messages } from "/messages.js";
import { Composer } from "/composer.js";
import { FormDialog } from "/form.js";
import { Menu } from "/menu.js";
import { Avatar } from "/avatar.js";

// How far each person has read in each channel; shared by both panes.
const read = kept("read") ?? {};
const hasUnread = (me, channel, last) => last && Number(last) > Number(read[me]?.[channel] ?? 0);
function markRead(me, channel, last) {
  if (!hasUnread(me, channel, last)) return;
  read[me] = { ...read[me], [channel]: last };
  keep("read", read);
}

export function Pane({ name, version, onLook, onDone }) {
  const [place, setPlace] = useState(kept(`place-${name}`) ?? { me: "", channel: "" });
  // Which part of a long channel is open; `{}` is its end.
  const [span, setSpan] = useState({});
  const [seen, setSeen] = useState(null);
  const [form, setForm] = useState(null);
  const [lines, setLines] = useState([]);
  const [said, setSaid] = useState("");
  const [drawer, setDrawer] = useState("");
  const [menu, setMenu] = useState(null);
  const at = useRef({});
  at.current = { ...place, span };
  const asked = useRef(0);
  const shown = useRef(0);
  const section = useRef();
  const had = useRef(null);

  const look = useCallback(async () => {
    const mine = ++asked.current;
    const { me, channel, span } = at.current;
    try {
      const now = await call("look", { as: me, channel, ...span });
      // Meanwhile a later look has been answered, or the reader has become somebody else or gone somewhere else.
      if (mine < shown.current || me !== at.current.me || channel !== at.current.channel || span !== at.current.span) return;
      shown.current = mine;
      const last = now.channel === "direct" ? now.direct_last : now.channels.find((one) => one.id === now.channel)?.last_message_id;
      markRead(now.me, now.channel, last);
      setSeen(now);
      onLook?.(now);
      // The second view starts with somebody else.
      if (!me && name === "right") return setPlace({ me: now.people.at(-1).id, channel: now.channel });
      if (now.me !== me || now.channel !== channel) setPlace({ me: now.me, channel: now.channel });
    } catch (fault) {
      setSaid(fault.message);
    }
  }, [onLook]);
  useEffect(() => { look(); }, [look, version, place.me, place.channel, span]);
  useEffect(() => { keep(`place-${name}`, place); setSpan({}); setSaid(""); }, [place.me, place.channel]);

  const counter = useRef(0);
  const act = useCallback(async (what, words) => {
    const { me, channel } = at.current;
    const line = { id: ++counter.current, me, channel, words };
    setSaid("");
    if (what.do !== "say" && what.do !== "dismiss") setLines((before) => [...before, line]);
    const settle = (failed) => setLines((before) => before.flatMap((one) => (one.id !== line.id ? [one] : failed ? [{ ...one, failed }] : [])));
    try {
      const answer = await call("act", {}, { as: me, channel, ...what });
      settle(answer.outcome?.failed);
      if (answer.refused) setSaid(answer.refused);
      if (answer.outcome?.modal) setForm(answer.outcome.modal);
      if (!answer.refused && !answer.outcome?.failed) onDone?.({ ...what, me, modal: Boolean(answer.outcome?.modal) });
      look();
      return answer;
    } catch (fault) {
      settle();
      setSaid(fault.message);
      return { refused: fault.message };
    }
  }, [look, onDone]);

  // When what had the focus goes away, the focus stays as near as can be: in its message, else among the messages, else in the line.
  useLayoutEffect(() => {
    const { node, near } = had.current ?? {};
    if (!node || node.isConnected || document.activeElement !== document.body) return;
    had.current = null;
    (near.find((one) => one?.isConnected) ?? section.current?.querySelector(".bar input"))?.focus({ preventScroll: true });
  });
  const noteFocus = ({ target }) => { had.current = { node: target, near: [target.closest("article"), target.closest(".messages")] }; };

  if (!seen) return html`<section class="pane" aria-busy="true"><p class="empty" role="status">${said || "Opening the playground …"}</p></section>`;
  const { me, channel } = place;
  const here = seen.channels.find((one) => one.id === channel);
  const person = seen.people.find((one) => one.id === me) ?? seen.people[0];
  const title = channel === "direct" ? "cxbot" : here?.name ?? "";
  // A drawer that closes gives the focus back to the button that opened it.
  const close = () => { if (drawer) section.current.querySelector(".roomhead [aria-expanded=true]")?.focus(); setDrawer(""); };
  const go = (to) => { setPlace({ me, channel: to }); close(); };
  const become = (who) => { setPlace({ me: who, channel }); close(); };
  const openMenu = (event, label, items) => {
    event.preventDefault();
    const box = event.currentTarget.getBoundingClientRect();
    setMenu({ label, items, opener: document.activeElement, x: box.left, y: box.bottom });
  };
  const fresh = seen.me === me && seen.channel === channel;
  const view = name === "right" ? ", second view" : "";
  return html`
    <section ref=${section} class="pane" onFocusCapture=${noteFocus} data-drawer=${drawer} aria-busy=${!fresh} aria-label=${`What ${person.name} sees${view}`}>
      <div class="side">
        <p class="server">${seen.server}</p>
        <nav aria-label=${`Channels of ${person.name}${view}`}><${Channels} seen=${seen} me=${me} open=${channel} onOpen=${go} /></nav>
        <div class="me">
          <${Avatar} person=${person} />
          <label>You are
            <select value=${me} onChange=${(event) => become(event.target.value)}>
              ${seen.people.map((one) => html`<option key=${one.id} value=${one.id} selected=${one.id === me}>${one.name}${one.roles.length ? ` (${one.roles.join(", ")})` : ""}</option>`)}
            </select>
          </label>
        </div>
      </div>
      <div class="room">
        <div class="roomhead">
          <button type="button" class="narrow" aria-expanded=${drawer === "channels"} onClick=${() => setDrawer(drawer === "channels" ? "" : "channels")}>Channels</button>
          <h2><span aria-hidden="true">${channel === "direct" ? "@ " : here?.is_thread ? "↳ " : "# "}</span><span class="hidden">${channel === "direct" ? "Direct messages with " : here?.is_thread ? "Thread " : "Channel "}</span>${title}</h2>
          ${here?.topic && html`<p class="topic">${here.topic}</p>`}
          <button type="button" class="narrow who" aria-expanded=${drawer === "people"} onClick=${() => setDrawer(drawer === "people" ? "" : "people")}><${Avatar} person=${person} /> <span class="hidden">People; you are </span>${person.name}</button>
        </div>
        <${Messages} key=${`${me}/${channel}`} seen=${seen} fresh=${fresh} act=${act} onOpen=${go} openMenu=${openMenu} onSpan=${setSpan}
          lines=${lines.filter((one) => one.me === me && one.channel === channel)} onForget=${(id) => setLines(lines.filter((one) => one.id !== id))} />
        <p class="said" role="status">${said}</p>
        <${Composer} key=${`bar/${me}/${channel}`} pane=${name} seen=${fresh ? seen : { ...seen, commands: [] }} waiting=${!fresh} act=${act} me=${me} channel=${channel} where=${channel === "direct" ? "cxbot" : `#${title}`}
          mayWrite=${channel === "direct" || Boolean(here?.can_send)} />
      </div>
      <div class="people">
        <${People} seen=${seen} me=${me} onBecome=${become} act=${act} openMenu=${openMenu} pane=${name} />
      </div>
      ${menu && html`<${Menu} ...${menu} onClose=${() => setMenu(null)} />`}
      ${form && html`<${FormDialog} key=${form.interaction_id} form=${form} seen=${seen} onClose=${() => setForm(null)} onSend=${async (values) => {
        const answer = await act({ do: "submit", interaction: form.interaction_id, values }, form.title);
        if (!answer.refused && !answer.outcome?.modal) setForm(null);
        if (answer.refused) setSaid("");
        return answer.refused;
      }} />`}
    </section>`;
}

function Channels({ seen, me, open, onOpen }) {
  const one = (id, sign, name, last, kind) => {
    const unread = id !== open && hasUnread(me, id, last);
    return html`<li key=${id} class=${kind}><button type="button" class=${unread ? "unread" : ""} aria-current=${id === open ? "page" : undefined} onClick=${() => onOpen(id)}>
      <span aria-hidden="true">${sign} </span>${name}${unread && html`<span class="hidden"> (unread)</span><span class="dot" aria-hidden="true"></span>`}</button></li>`;
  };
  return html`
    <ul>
      ${seen.channels.map((channel) => channel.is_category
        ? html`<li key=${channel.id} class="category">${channel.name}</li>`
        : one(channel.id, channel.is_thread ? "↳" : "#", channel.name, channel.last_message_id, channel.is_thread ? "thread" : ""))}
      <li class="category">Direct messages</li>
      ${one("direct", "@", "cxbot", seen.direct_last, "")}
    </ul>`;
}

function People({ seen, me, onBecome, act, openMenu, pane }) {
  const commands = seen.commands.filter((command) => command.kind === "user");
  const menu = (event, person) => openMenu(event, `Menu for ${person.name}`, [
    { label: `Be ${person.name}`, run: () => onBecome(person.id) },
    ...commands.map((command) => ({ label: command.name, run: () => act({ do: "context", command: command.name, target: person.id }, command.name) })),
  ]);
  return html`
    <h3 id=${`people-${pane}`}>People</h3>
    <p class="topic">Press a name to be that person.</p>
    <ul aria-labelledby=${`people-${pane}`}>
      ${seen.people.map((person) => html`<li key=${person.id} onContextMenu=${(event) => menu(event, person)}>
        <button type="button" class="person" aria-pressed=${person.id === me} onClick=${() => onBecome(person.id)}>
          <${Avatar} person=${person} /><span>${person.name}<small>${person.roles.join(", ")}</small></span></button>
        <button type="button" class="icon" aria-haspopup="menu" aria-label=${`Menu for ${person.name}`} onClick=${(event) => menu(event, person)}>⋯</button></li>`)}
      ${seen.bots.map((bot) => html`<li key=${bot.id}><span class="person"><${Avatar} person=${bot} /><span>${bot.name} <span class="tag">APP</span></span></span></li>`)}
    </ul>`;
}
