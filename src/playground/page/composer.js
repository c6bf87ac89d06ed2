// The line below the messages: write, or type / to pick a command; its options become a small form that says what is missing.
import { html, useEffect, useLayoutEffect, useRef, useState } from "/preact-htm.js";
import { call } from "/server.js";
import { readFile } from "/parts.js";

export function Composer({ pane, seen, act, me, channel, where, mayWrite }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [chosen, setChosen] = useState(null);
  const line = useRef();
  const list = useRef();
  const slash = seen.commands.filter((command) => command.kind === "slash");
  const picking = text.startsWith("/");
  const typed = text.slice(1).toLowerCase().trimStart();
  // What starts like the text comes before what only holds it.
  const offered = !picking ? [] : slash.filter((command) => command.path.includes(typed.trim()) || command.description.toLowerCase().includes(typed.trim()))
    .sort((one, other) => other.path.startsWith(typed.trim()) - one.path.startsWith(typed.trim()));
  const active = Math.min(at, offered.length - 1);
  useEffect(() => { list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }); }, [active]);
  const pick = (command) => { setChosen(command); setText(""); setAt(0); };
  // The focus moves in the same step in which the line comes back: whoever types on at once loses no letter.
  const returning = useRef(false);
  useLayoutEffect(() => { if (!chosen && returning.current) { returning.current = false; line.current?.focus(); } }, [chosen]);
  const back = () => { returning.current = true; setChosen(null); };

  if (chosen) {
    return html`<${CommandForm} pane=${pane} command=${chosen} seen=${seen} me=${me} channel=${channel} onCancel=${back}
      onRun=${async (options) => {
        const working = act({ do: "run", command: chosen.path, options }, `/${chosen.path}`);
        // A form that opens takes the focus itself; what cannot be run keeps its form and says why.
        const answer = await working;
        if (answer.refused) return answer.refused;
        returning.current = !answer.outcome?.modal;
        setChosen(null);
        return "";
      }} />`;
  }
  const write = (value) => {
    setAt(0);
    const exact = value.endsWith(" ") && slash.find((command) => `/${command.path} ` === value);
    if (exact) pick(exact); else setText(value);
  };
  const send = async () => {
    if (picking) { if (offered[active]) pick(offered[active]); return; }
    if (!text.trim() || !mayWrite) return;
    const answer = await act({ do: "say", text });
    if (!answer.refused) setText("");
  };
  const onKey = (event) => {
    if (event.key === "Enter" && !event.isComposing) { event.preventDefault(); send(); }
    if (!picking) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && offered.length) { event.preventDefault(); setAt((active + step + offered.length) % offered.length); }
    if (event.key === "Tab" && !event.shiftKey && offered[active]) { event.preventDefault(); pick(offered[active]); }
    if (event.key === "Escape") { event.preventDefault(); setText(""); }
  };
  const id = `commands-${pane}`;
  return html`
    <div class="bar">
      ${picking && offered.length > 0 && html`<ul ref=${list} id=${id} class="offered" role="listbox" aria-label="Commands">${offered.map((command, index) => html`
        <li key=${command.path} id=${`${id}-${index}`} role="option" aria-selected=${index === active} onMouseDown=${(event) => event.preventDefault()} onClick=${() => pick(command)}>
          <strong>/${command.path}</strong> <span>${command.description}</span></li>`)}</ul>`}
      <p class="hidden" role="status">${picking ? `${offered.length} ${offered.length === 1 ? "command" : "commands"}` : ""}</p>
      ${picking && !offered.length && html`<p class="offered none">No command like that here. ${slash.length ? "Delete a few letters to see what there is." : "Commands work in channels."}</p>`}
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
    const filled = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== undefined));
    const why = await onRun(filled);
    setBusy(false);
    if (why) setRefused(why);
  };
  const onKey = (event) => { if (event.key === "Escape") { event.preventDefault(); onCancel(); } };
  return html`
    <form ref=${form} class="command" noValidate onSubmit=${run} onKeyDown=${onKey} aria-label=${`Command ${command.path}`}>
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
      case 11: return html`<input ...${shared} type="file" onChange=${async (event) => onSet(await readFile(event.target.files[0]))} />`;
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

/// A field whose suggestions come from the bot while somebody types.
function Suggest({ shared, option, command, values, me, channel, onSet }) {
  const [text, setText] = useState("");
  const [choices, setChoices] = useState([]);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const [said, setSaid] = useState("");
  const asked = useRef(0);
  const waiting = useRef();
  useEffect(() => () => clearTimeout(waiting.current), []);
  const ask = (typed, after) => {
    clearTimeout(waiting.current);
    const mine = ++asked.current;
    waiting.current = setTimeout(async () => {
      try {
        const answer = await call("act", {}, { as: me, channel, do: "autocomplete", command: command.path, focused: option.name, options: { ...values, [option.name]: typed } });
        // An answer to an earlier text says nothing about this one.
        if (mine !== asked.current) return;
        setChoices(answer.outcome?.choices ?? []);
        setSaid(answer.outcome?.failed ?? answer.refused ?? "");
        setAt(-1);
        setOpen(true);
      } catch (fault) { setSaid(fault.message); }
    }, after);
  };
  const type = (typed) => {
    setText(typed);
    onSet(option.type === 3 ? typed : typed === "" ? undefined : Number(typed));
    ask(typed, 120);
  };
  const pick = (choice) => { asked.current += 1; clearTimeout(waiting.current); setText(choice.name); onSet(choice.value); setOpen(false); setSaid(""); };
  const shown = open && choices.length > 0;
  const onKey = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && choices.length) { event.preventDefault(); setOpen(true); setAt((at + step + choices.length) % choices.length); }
    if ((event.key === "Enter" || event.key === "Tab") && shown && choices[at]) { if (event.key === "Enter") event.preventDefault(); pick(choices[at]); }
    if (event.key === "Escape" && shown) { event.preventDefault(); event.stopPropagation(); setOpen(false); }
  };
  const list = `${shared.id}-list`;
  return html`
    <input ...${shared} value=${text} autocomplete="off" role="combobox" aria-expanded=${shown} aria-controls=${list} aria-autocomplete="list" aria-activedescendant=${shown && at >= 0 ? `${list}-${at}` : undefined}
      onFocus=${() => !open && ask(text, 0)} onBlur=${() => { asked.current += 1; setOpen(false); }} onInput=${(event) => type(event.target.value)} onKeyDown=${onKey} />
    ${shown && html`<ul id=${list} class="suggested" role="listbox" aria-label=${`Suggestions for ${option.name}`}>${choices.map((choice, index) => html`
      <li key=${choice.value} id=${`${list}-${index}`} role="option" aria-selected=${index === at} onMouseDown=${(event) => event.preventDefault()} onClick=${() => pick(choice)}>${choice.name}</li>`)}</ul>`}
    <p class="hidden" role="status">${shown ? `${choices.length} suggestions` : open ? "No suggestions" : ""}</p>
    ${said && html`<p class="problem">${said}</p>`}`;
}
