// The parts that messages are made of besides text: rows of controls, the newer layout parts, files.
import { html, useState } from "/preact-htm.js";
import { Markdown } from "/markdown.js";

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger" };

export function Part({ part, ...rest }) {
  const inner = (parts) => (parts ?? []).map((one, at) => html`<${Part} key=${one.custom_id ?? at} part=${one} ...${rest} />`);
  switch (part.type) {
    case 1: return html`<div class="row">${inner(part.components)}</div>`;
    case 2: return html`<${Button} part=${part} ...${rest} />`;
    case 3: case 5: case 6: case 7: case 8: return html`<${Select} part=${part} ...${rest} />`;
    case 9: return html`<div class="section"><div>${inner(part.components)}</div>${part.accessory && html`<${Part} part=${part.accessory} ...${rest} />`}</div>`;
    case 10: return html`<${Markdown} text=${part.content} context=${rest.context} />`;
    case 11: return html`<img class="thumbnail" src=${part.media?.url} alt=${part.description ?? ""} />`;
    case 12: return html`<div class="gallery">${part.items.map((item) => html`<img src=${item.media?.url} alt=${item.description ?? ""} />`)}</div>`;
    case 13: return html`<p class="file"><a href=${part.file?.url} target="_blank" rel="noreferrer">${part.name ?? "File"}</a></p>`;
    case 14: return part.divider === false ? null : html`<hr />`;
    case 17: return html`<div class="card">${inner(part.components)}</div>`;
    default: return html`<p class="empty">(A part of this message that this page cannot draw)</p>`;
  }
}

function Button({ part, message, act }) {
  const [busy, setBusy] = useState(false);
  const label = `${part.emoji?.name ? `${part.emoji.name} ` : ""}${part.label ?? ""}`;
  if (part.style === 5) return html`<a class="button" href=${part.url} target="_blank" rel="noreferrer">${label}<span aria-hidden="true"> ↗</span></a>`;
  // While it works it keeps the focus, so it is not disabled but deaf.
  const press = async () => {
    if (busy) return;
    setBusy(true);
    await act({ do: "press", message: message.id, custom_id: part.custom_id, label: part.label }, label);
    setBusy(false);
  };
  return html`<button type="button" class=${STYLES[part.style] ?? "secondary"} disabled=${part.disabled} aria-busy=${busy} onClick=${press}>${label}</button>`;
}

export function choicesFor(part, seen) {
  if (part.options) return part.options.map((option) => ({ value: option.value, label: option.label, note: option.description, picked: option.default }));
  const picked = new Set((part.default_values ?? []).map((one) => one.id));
  const people = seen.people.map((person) => ({ value: person.id, label: person.name }));
  const bots = seen.bots.map((bot) => ({ value: bot.id, label: `${bot.name} (app)` }));
  const roles = seen.roles.map((role) => ({ value: role.id, label: `@${role.name}` }));
  const kinds = part.channel_types;
  const channels = seen.channels.filter((one) => (kinds?.length ? kinds.includes(one.kind) : !one.is_category)).map((one) => ({ value: one.id, label: `#${one.name}` }));
  const all = { 5: [...people, ...bots], 6: roles, 7: [...people, ...roles], 8: channels }[part.type] ?? [];
  return all.map((one) => ({ ...one, picked: picked.has(one.value) }));
}

function Select({ part, message, seen, act }) {
  const choices = choicesFor(part, seen);
  const preset = choices.filter((one) => one.picked).map((one) => one.value);
  const [picked, setPicked] = useState(preset);
  const words = { 3: "Choose", 5: "Choose people", 6: "Choose roles", 7: "Choose people or roles", 8: "Choose a channel" };
  const label = part.placeholder ?? words[part.type];
  const send = (values) => act({ do: "select", message: message.id, custom_id: part.custom_id, values }, label);
  if ((part.max_values ?? 1) === 1) {
    return html`<select aria-label=${label} disabled=${part.disabled} value=${picked[0] ?? ""} onChange=${(event) => {
      const values = event.target.value ? [event.target.value] : [];
      setPicked(values);
      send(values);
    }}>
      <option value="" disabled=${part.min_values !== 0}>${label}</option>
      ${choices.map((one) => html`<option key=${one.value} value=${one.value} selected=${picked.includes(one.value)}>${one.label}${one.note ? ` (${one.note})` : ""}</option>`)}
    </select>`;
  }
  return html`<fieldset disabled=${part.disabled}><legend>${label}</legend>
    <div class="ticks">${choices.map((one) => html`<label key=${one.value}><input type="checkbox" checked=${picked.includes(one.value)} onChange=${(event) =>
      setPicked(event.target.checked ? [...picked, one.value] : picked.filter((value) => value !== one.value))} /> ${one.label}${one.note ? ` (${one.note})` : ""}</label>`)}</div>
    <button type="button" class="secondary" onClick=${() => send(picked)}>Choose these</button></fieldset>`;
}

export function Files({ files }) {
  return files.map((file) => file.content_type?.startsWith("image/")
    ? html`<figure key=${file.id}><img src=${file.url} alt=${file.alt_text ?? file.name} />
        ${file.alt_text && html`<details><summary>Description of the picture</summary><p>${file.alt_text}</p></details>`}</figure>`
    : html`<p key=${file.id} class="file"><a href=${file.url} download=${file.name} target="_blank" rel="noreferrer">${file.name}</a> (${Math.max(1, Math.round(file.size_bytes / 1000))} kB)${file.alt_text ? `: ${file.alt_text}` : ""}</p>`);
}

/// A chosen file as the server takes it.
export async function readFile(file) {
  if (!file) return undefined;
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return { name: file.name, base64: btoa(text) };
}
