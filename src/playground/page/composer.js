// The line below the messages: write, or type / to pick a command; its options become a small form that says what is missing.
import { html, useEffect, useLayoutEffect, useRef, useState } from "/preact-htm.js";
import { call } from "/server.js";
import { readFile } from "/parts.js";

/// What somebody began to write, by view, person and channel, so that looking elsewhere loses nothing.
const drafts = new Map();

/// `waiting` says that what this person may do here is not known yet.
export function Composer({ pane, seen, waiting, act, me, channel, where, mayWrite }) {
  const draft = `${pane}/${me}/${channel}`;
  const [text, setText] = useState(drafts.get(draft) ?? "");
  const [at, setAt] = useState(0);
  const [chosen, setChosen] = useState(null);
  const line = useRef();
  const list = useRef();
  const wanted = useRef(false);
  const comesBack = useRef(false);
  const slash = seen.commands.filter((command) => command.kind === "slash");
  const picking = text.startsWith("/");
  const typed = text.slice(1).toLowerCase().trimStart();
  // What starts like the text comes before what only holds it.
  const offered = !picking ? [] : slash.filter((command) => command.path.includes(typed.trim()) || command.description.toLowerCase().includes(typed.trim()))
    .sort((one, other) => other.path.startsWith(typed.trim()) - one.path.startsWith(typed.trim()));
  const active = Math.min(at, offered.length - 1);
  useEffect(() => { list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }); }, [active]);
  useLayoutEffect(() => { if (text) drafts.set(draft, text); else drafts.delete(draft); }, [draft, text]);
  // Focus moves while the page is drawn, never after it: keys pressed in between would land nowhere.
  useLayoutEffect(() => {
    if (chosen || !comesBack.current) return;
    comesBack.current = false;
    line.current.focus();
  }, [chosen]);
  const pick = (command) => { setChosen(command); setText(""); setAt(0); };
  const back = () => {
    // Who has gone on elsewhere while the command ran stays there.
    const now = document.activeElement;
    comesBack.current = now === document.body || Boolean(now?.closest(`#command-${pane}`));
    setChosen(null);
  };
  // Enter before the commands have come is kept until they are there.
  useLayoutEffect(() => {
    if (waiting || !wanted.current) return;
    wanted.current = false;
    if (offered[active]) pick(offered[active]);
  });

  if (chosen) {
    return html`<${CommandForm} pane=${pane} command=${chosen} seen=${seen} me=${me} channel=${channel} onCancel=${back}
      onRun=${async (options) => {
        const answer = await act({ do: "run", command: chosen.path, options }, `/${chosen.path}`);
        // What cannot be run keeps its form and says why. A form of the bot's that opens takes the focus, and gives it back to the line.
        if (answer.refused) return answer.refused;
        back();
        return "";
      }} />`;
  }
  const write = (value) => {
    setAt(0);
    wanted.current = false;
    const exact = value.endsWith(" ") && slash.find((command) => `/${command.path} ` === value);
    if (exact) pick(exact); else setText(value);
  };
  const send = async () => {
    if (picking) {
      if (offered[active]) pick(offered[active]);
      else wanted.current = waiting;
      return;
    }
    if (!text.trim() || !mayWrite) return;
    // The line is free at once; what could not be sent comes back, before what was written since.
    setText("");
    const answer = await act({ do: "say", text });
    if (answer.refused) setText((since) => (since ? `${text} ${since}` : text));
  };
  const onKey = (event) => {
    if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); send(); }
    if (!picking) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && offered.length) { event.preventDefault(); setAt((active + step + offered.length) % offered.length); }
    if (event.key === "Tab" && !event.shiftKey && (offered[active] || waiting)) { event.preventDefault(); send(); }
    if (event.key === "Escape") { event.preventDefault(); setText(""); }
  };
  const id = `commands-${pane}`;
  return html`
    <div class="bar">
      ${picking && offered.length > 0 && html`<ul ref=${list} id=${id} class="offered" role="listbox" aria-label="Commands">${offered.map((command, index) => html`
        <li key=${command.path} id=${`${id}-${index}`} role="option" aria-selected=${index === active} onMouseDown=${(event) => event.preventDefault()} onClick=${() => pick(command)}>
          <strong>/${command.path}</strong> <span>${command.description}</span></li>`)}</ul>`}
      <p class="hidden" role="status">${picking ? `${offered.length} ${offered.length === 1 ? "command" : "commands"}` : ""}</p>
      ${picking && !offered.length && html`<p class="offered none">${waiting ? "Looking …" : `No command like that here. ${slash.length ? "Delete a few letters to see what there is." : "Commands work in channels."}`}</p>`}
      <input ref=${line} value=${text} maxlength="2000" onInput=${(event) => write(event.target.value)} onKeyDown=${onKey}
        placeholder=${mayWrite ? `Message ${where}${slash.length ? ", or type / for commands" : ""}` : "Type / for commands"}
        role="combobox" aria-label=${mayWrite ? `Message ${where}, or a slash for commands` : "Type a slash for commands"} aria-expanded=${picking && offered.length > 0} aria-autocomplete="list"
        aria-controls=${id} aria-activedescendant=${picking && offered.length ? `${id}-${active}` : undefined} autocomplete="off" />
      ${slash.length > 0 && html`<button type="button" onClick=${() => { setText("/"); line.current?.focus(); }}>Commands</button>`}
    </div>`;
}

/// Why a value cannot be sent, in words; empty when it can.
function problem(option, value) {
  const missing = value === undefined || value === "";
  if (missing) return option.required ? "This is needed." : "";
  if (option.type === 4 && !Number.isInteger(value)) return "Write a whole number.";
  if (option.type === 10 && !Number.isFinite(value)) return "Write a number.";
  if (option.type === 4 || option.type === 10) {
    if (option.min_value !== undefined && value < option.min_value) return `At least ${option.min_value}.`;
    if (option.max_value !== undefined && value > option.max_value) return `At most ${option.max_value}.`;
  }
  if (option.type === 3 && !option.choices?.length && typeof value === "string") {
    if (value.length < (option.min_length ?? 0)) return `At least ${option.min_length} characters.`;
    if (value.length > (option.max_length ?? 6000)) return `At most ${option.max_length} characters.`;
  }
  return "";
}

function CommandForm({ pane, command, seen, me, channel, onCancel, onRun }) {
  const [values, setValues] = useState({});
  const [problems, setProblems] = useState({});
  const [refused, setRefused] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useRef();
  const options = command.options ?? [];
  useLayoutEffect(() => { form.current.querySelector("input, select, button[type=submit]").focus(); }, [command.path]);
  const set = (option, value) => {
    setValues((before) => ({ ...before, [option.name]: value }));
    if (problems[option.name]) setProblems((before) => ({ ...before, [option.name]: problem(option, value) }));
  };
  const run = async (event) => {
    event.preventDefault();
    if (busy) return;
    const found = Object.fromEntries(options.map((option) => [option.name, problem(option, values[option.name])]).filter(([, why]) => why));
    setProblems(found);
    setRefused("");
    const first = options.find((option) => found[option.name]);
    if (first) { form.current.querySelector(`[name="${first.name}"]`)?.focus(); return; }
    setBusy(true);
    try {
      // A chosen file may still be on its way from the disk.
      const read = await Promise.all(Object.entries(values).map(async ([name, value]) => [name, await value]));
      setRefused(await onRun(Object.fromEntries(read.filter(([, value]) => value !== "" && value !== undefined))));
    } catch (fault) {
      setRefused(`A file could not be read: ${fault.message}`);
    } finally {
      setBusy(false);
    }
  };
  const onKey = (event) => { if (event.key === "Escape") { event.preventDefault(); onCancel(); } };
  return html`
    <form ref=${form} id=${`command-${pane}`} class="command" noValidate onSubmit=${run} onKeyDown=${onKey} aria-label=${`Command ${command.path}`}>
      <p><strong>/${command.path}</strong> <span>${command.description}</span></p>
      <div class="options">
        ${options.map((option) => html`<${Option} key=${option.name} pane=${pane} option=${option} seen=${seen} command=${command} values=${values} me=${me} channel=${channel}
          why=${problems[option.name]} onSet=${(value) => set(option, value)} />`)}
      </div>
      <p class="problem" role="alert">${refused}</p>
      <div class="row"><button type="submit" class="primary" aria-busy=${busy}>${busy ? "Running …" : "Run"}</button><button type="button" class="secondary" onClick=${onCancel}>Cancel</button></div>
    </form>`;
}

function Option({ pane, option, seen, command, values, me, channel, why, onSet }) {
  const id = `${pane}-option-${option.name}`;
  const people = seen.people.map((one) => ({ value: one.id, name: one.name }));
  const roles = seen.roles.map((one) => ({ value: one.id, name: `@${one.name}` }));
  const channels = seen.channels.filter((one) => !one.is_category && (!option.channel_types?.length || option.channel_types.includes(one.kind))).map((one) => ({ value: one.id, name: `#${one.name}` }));
  const shared = { id, name: option.name, "aria-invalid": Boolean(why), "aria-required": Boolean(option.required), "aria-describedby": `${id}-help ${id}-why` };
  const menu = (choices) => html`<select ...${shared} onChange=${(event) => onSet(event.target.value === "" ? undefined : choices[Number(event.target.value)].value)}>
    <option value="">Choose …</option>${choices.map((one, index) => html`<option key=${index} value=${index} selected=${one.value === values[option.name]}>${one.name}</option>`)}</select>`;
  const field = () => {
    if (option.choices?.length) return menu(option.choices);
    if (option.autocomplete) return html`<${Suggest} shared=${shared} option=${option} command=${command} values=${values} me=${me} channel=${channel} onSet=${onSet} />`;
    switch (option.type) {
      case 4: case 10: return html`<input ...${shared} inputmode=${option.type === 4 ? "numeric" : "decimal"} autocomplete="off"
        onInput=${(event) => onSet(event.target.value.trim() === "" ? undefined : Number(event.target.value))} />`;
      case 5: return menu([{ value: true, name: "Yes" }, { value: false, name: "No" }]);
      case 6: return menu([...people, ...seen.bots.map((bot) => ({ value: bot.id, name: `${bot.name} (app)` }))]);
      case 7: return menu(channels);
      case 8: return menu(roles);
      case 9: return menu([...people, ...roles]);
      case 11: return html`<input ...${shared} type="file" onChange=${(event) => onSet(event.target.files[0] && readFile(event.target.files[0]))} />`;
      default: return html`<input ...${shared} autocomplete="off" onInput=${(event) => onSet(event.target.value)} />`;
    }
  };
  return html`
    <div class="option">
      <label for=${id}>${option.name}${option.required ? "" : " (optional)"}</label>
      ${field()}
      <p class="help" id=${`${id}-help`}>${option.description}</p>
      <p class="problem" id=${`${id}-why`}>${why ?? ""}</p>
    </div>`;
}

const STEPS = { ArrowDown: 1, ArrowUp: -1 };
/// The place after an arrow key in a list of so many; -1 is before the first.
const step = (at, key, many) => (many ? (Math.max(at, STEPS[key] < 0 ? 0 : -1) + STEPS[key] + many) % many : -1);

/// A field whose suggestions come from the bot while somebody types.
function Suggest({ shared, option, command, values, me, channel, onSet }) {
  const [text, setText] = useState("");
  const [choices, setChoices] = useState([]);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const [said, setSaid] = useState("");
  const asked = useRef(0);
  const waiting = useRef();
  // Keys for suggestions that are still on their way. A fast hand means the list to what it has typed, not the one before.
  const held = useRef(null);
  useEffect(() => () => { asked.current += 1; clearTimeout(waiting.current); }, []);
  const ask = (typed, after) => {
    clearTimeout(waiting.current);
    const mine = ++asked.current;
    held.current = [];
    waiting.current = setTimeout(async () => {
      try {
        const answer = await call("act", {}, { as: me, channel, do: "autocomplete", command: command.path, focused: option.name, options: { ...values, [option.name]: typed } });
        // An answer to an earlier text says nothing about this one.
        if (mine !== asked.current) return;
        const now = answer.outcome?.choices ?? [];
        const keys = held.current;
        held.current = null;
        const moved = keys.reduce((from, key) => (STEPS[key] ? step(from, key, now.length) : from), -1);
        setChoices(now);
        setSaid(answer.outcome?.failed ?? answer.refused ?? "");
        setAt(moved);
        setOpen(document.activeElement?.id === shared.id);
        if (keys.includes("Enter") && now[moved]) pick(now[moved]);
      } catch (fault) {
        held.current = null;
        setSaid(fault.message);
      }
    }, after);
  };
  const type = (typed) => {
    setText(typed);
    onSet(option.type === 3 ? typed : typed === "" ? undefined : Number(typed));
    ask(typed, 120);
  };
  const stop = () => { held.current = null; asked.current += 1; clearTimeout(waiting.current); setOpen(false); };
  const pick = (choice) => { stop(); setText(choice.name); onSet(choice.value); setSaid(""); };
  const shown = open && choices.length > 0;
  const onKey = (event) => {
    const keys = held.current;
    if (keys && (STEPS[event.key] || (keys.length && ["Enter", "Tab"].includes(event.key)))) {
      // Enter after arrows chooses when the list is there; Tab does so and goes on at once.
      keys.push(event.key === "Tab" ? "Enter" : event.key);
      if (event.key !== "Tab") event.preventDefault();
      return;
    }
    if (STEPS[event.key] && choices.length) { event.preventDefault(); setOpen(true); setAt(step(at, event.key, choices.length)); }
    if ((event.key === "Enter" || event.key === "Tab") && shown && choices[at]) { if (event.key === "Enter") event.preventDefault(); pick(choices[at]); }
    if (event.key === "Escape" && shown) { event.preventDefault(); event.stopPropagation(); stop(); }
  };
  // Who leaves wants no list any more, unless their keys have chosen from it.
  const onBlur = () => { if (held.current?.includes("Enter")) setOpen(false); else stop(); };
  const list = `${shared.id}-list`;
  return html`
    <input ...${shared} value=${text} autocomplete="off" role="combobox" aria-expanded=${shown} aria-controls=${list} aria-autocomplete="list" aria-activedescendant=${shown && at >= 0 ? `${list}-${at}` : undefined}
      onFocus=${() => !open && ask(text, 0)} onBlur=${onBlur} onInput=${(event) => type(event.target.value)} onKeyDown=${onKey} />
    ${shown && html`<ul id=${list} class="suggested" role="listbox" aria-label=${`Suggestions for ${option.name}`}>${choices.map((choice, index) => html`
      <li key=${choice.value} id=${`${list}-${index}`} role="option" aria-selected=${index === at} onMouseDown=${(event) => event.preventDefault()} onClick=${() => pick(choice)}>${choice.name}</li>`)}</ul>`}
    <p class="hidden" role="status">${shown ? `${choices.length} suggestions` : open ? "No suggestions" : ""}</p>
    ${said && html`<p class="problem">${said}</p>`}`;
}
