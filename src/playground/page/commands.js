// The line below the messages: write, or type / and pick a command; its options become a small form.
import { html, useRef, useState } from "/preact-htm.js";
import { call } from "/server.js";

export function CommandBar({ commands, world, act, me, channel, mayWrite, busy, name }) {
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(null);
  const line = useRef();
  const slash = commands.filter((command) => command.kind === "slash");
  const onThings = commands.filter((command) => command.kind !== "slash");
  const typed = text.replace(/^\//, "").toLowerCase();
  const offered = text.startsWith("/") ? slash.filter((command) => command.path.includes(typed)) : [];
  const pick = (command) => { setChosen(command); setText(""); };

  if (chosen) {
    return html`<${CommandForm} command=${chosen} world=${world} me=${me} channel=${channel} busy=${busy} onCancel=${() => setChosen(null)}
      onRun=${async (what) => {
        const answer = await act(what);
        if (!answer.refused) setChosen(null);
      }} />`;
  }
  const send = async (event) => {
    event.preventDefault();
    if (text.startsWith("/")) { if (offered.length) pick(offered[0]); return; }
    if (text.trim() && mayWrite) { await act({ do: "say", text }); setText(""); }
  };
  return html`
    <form class="bar" onSubmit=${send}>
      ${offered.length > 0 && html`<ul class="offered" aria-label="Commands">${offered.map((command) => html`
        <li><button type="button" onClick=${() => pick(command)}><strong>/${command.path}</strong> ${command.description}</button></li>`)}</ul>`}
      ${text.startsWith("/") && !offered.length && html`<p class="offered">No command starts like that for ${name}.</p>`}
      <input ref=${line} value=${text} onInput=${(event) => setText(event.target.value)} placeholder=${mayWrite ? "Write, or type / for commands" : "Type / for commands"}
        aria-label="Write a message, or type a slash for commands" autocomplete="off" />
      <button type="button" class="secondary" onClick=${() => { setText("/"); line.current?.focus(); }}>Commands</button>
      ${onThings.map((command) => html`<button type="button" class="secondary" onClick=${() => pick(command)}>${command.name} …</button>`)}
    </form>`;
}

function CommandForm({ command, world, me, channel, busy, onCancel, onRun }) {
  const [values, setValues] = useState({});
  const set = (option, value) => setValues({ ...values, [option]: value });
  const run = (event) => {
    event.preventDefault();
    if (command.kind !== "slash") return onRun({ do: "context", command: command.name, target: values.target ?? world.people[0].id });
    const filled = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== undefined));
    return onRun({ do: "run", command: command.path, options: filled });
  };
  const options = command.kind === "slash" ? (command.options ?? []) : [];
  return html`
    <form class="command" onSubmit=${run}>
      <h3>${command.kind === "slash" ? `/${command.path}` : command.name}</h3>
      <p>${command.description}</p>
      ${command.kind === "user" && html`<label>Person<select value=${values.target} onChange=${(event) => set("target", event.target.value)}>
        ${world.people.map((person) => html`<option value=${person.id}>${person.name}</option>`)}</select></label>`}
      ${command.kind === "message" && html`<label>Message id<input required onInput=${(event) => set("target", event.target.value)} /></label>`}
      ${options.map((option) => html`<${Option} option=${option} world=${world} command=${command} values=${values} me=${me} channel=${channel} onSet=${(value) => set(option.name, value)} />`)}
      <div class="row"><button type="button" class="secondary" onClick=${onCancel}>Cancel</button><button type="submit" class="primary" disabled=${busy}>Run</button></div>
    </form>`;
}

function Option({ option, world, command, values, me, channel, onSet }) {
  const [suggested, setSuggested] = useState([]);
  const label = `${option.name}${option.required ? "" : " (optional)"} — ${option.description}`;
  const menu = (choices) => html`<label>${label}<select required=${option.required} value=${values[option.name] ?? ""} onChange=${(event) => onSet(event.target.value)}>
    <option value="">Choose …</option>${choices.map((one) => html`<option value=${one.value}>${one.label}</option>`)}</select></label>`;
  if (option.choices?.length) {
    return html`<label>${label}<select required=${option.required} onChange=${(event) => onSet(event.target.value === "" ? undefined : option.choices[Number(event.target.value)].value)}>
      <option value="">Choose …</option>${option.choices.map((one, at) => html`<option value=${at}>${one.name}</option>`)}</select></label>`;
  }
  const people = world.people.map((one) => ({ value: one.id, label: one.name }));
  const roles = world.roles.map((one) => ({ value: one.id, label: one.name }));
  switch (option.type) {
    case 4: case 10: return html`<label>${label}<input type="number" step=${option.type === 4 ? 1 : "any"} min=${option.min_value} max=${option.max_value} required=${option.required}
      onInput=${(event) => onSet(event.target.value === "" ? undefined : Number(event.target.value))} /></label>`;
    case 5: return html`<label>${label}<select required=${option.required} onChange=${(event) => onSet(event.target.value === "" ? undefined : event.target.value === "yes")}>
      <option value="">Choose …</option><option value="yes">Yes</option><option value="no">No</option></select></label>`;
    case 6: return menu(people);
    case 7: return menu(world.channels.filter((one) => one.can_open).map((one) => ({ value: one.id, label: `# ${one.name}` })));
    case 8: return menu(roles);
    case 9: return menu([...people, ...roles]);
    case 11: return html`<label>${label}<input type="file" required=${option.required} onChange=${async (event) => onSet(await readFile(event.target.files[0]))} /></label>`;
    default: break;
  }
  const suggest = async (text) => {
    onSet(text);
    if (!option.autocomplete) return;
    const answer = await call("act", {}, { as: me, channel, do: "autocomplete", command: command.path, focused: option.name, options: { ...values, [option.name]: text } });
    setSuggested(answer.outcome?.choices ?? []);
  };
  if (option.autocomplete) {
    const shown = suggested.find((one) => one.value === values[option.name])?.name ?? values[option.name] ?? "";
    return html`<label>${label}<input value=${shown} required=${option.required} autocomplete="off" onFocus=${() => suggest(values[option.name] ?? "")} onInput=${(event) => suggest(event.target.value)} /></label>
      ${suggested.length > 0 && html`<ul class="suggested" aria-label=${`Suggestions for ${option.name}`}>${suggested.map((one) => html`<li><button type="button" class="secondary" onClick=${() => { onSet(one.value); }}>${one.name}</button></li>`)}</ul>`}`;
  }
  return html`<label>${label}<input required=${option.required} minlength=${option.min_length} maxlength=${option.max_length} onInput=${(event) => onSet(event.target.value)} /></label>`;
}

async function readFile(file) {
  if (!file) return undefined;
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { name: file.name, base64: btoa(text) };
}
