// One message: text, cards, controls, files.
import { html, useState } from "/preact-htm.js";
import { Markdown } from "/markdown.js";

export function Message({ message, world, act }) {
  const names = message.names ?? {};
  const posted = new Date(message.posted_at).toLocaleString("en-US", { timeZone: world.zone, dateStyle: "medium", timeStyle: "short" });
  return html`
    <article class=${`message${message.only_for ? " private" : ""}${message.mentions_viewer ? " mentioned" : ""}`}>
      ${message.used && html`<p class="used">${message.used.user_name} used /${message.used.command}</p>`}
      <h3><span class="author">${message.author.name}</span>${message.author.bot && html` <span class="tag">APP</span>`}
        <time datetime=${message.posted_at}>${posted}</time>${message.edited_at && html`<span class="edited"> (edited)</span>`}</h3>
      ${message.loading && html`<p class="thinking">cxbot is thinking …</p>`}
      <${Markdown} text=${message.content} names=${names} zone=${world.zone} />
      ${message.embeds.map((card) => html`<${Card} card=${card} names=${names} zone=${world.zone} />`)}
      ${message.files.map((file) => html`<${File} file=${file} />`)}
      ${message.components.map((row) => html`<${Row} row=${row} message=${message} world=${world} act=${act} />`)}
      ${message.thread && html`<p class="threadnote">Thread: ${message.thread.name}</p>`}
      ${message.only_for && html`<p class="only">Only ${message.only_for.name} can see this · <button type="button" class="plain" onClick=${() => act({ do: "dismiss", message: message.id })}>Dismiss</button></p>`}
    </article>`;
}

function Card({ card, names, zone }) {
  return html`
    <div class="card">
      ${card.author?.name && html`<p class="cardauthor">${card.author.name}</p>`}
      ${card.title && html`<h4>${card.title}</h4>`}
      ${card.description && html`<${Markdown} text=${card.description} names=${names} zone=${zone} />`}
      ${card.fields?.length > 0 && html`<dl>${card.fields.map((field) => html`<div class=${field.inline ? "inline" : ""}><dt><${Markdown} text=${field.name} names=${names} zone=${zone} /></dt><dd><${Markdown} text=${field.value} names=${names} zone=${zone} /></dd></div>`)}</dl>`}
      ${card.image?.url && html`<img src=${card.image.url} alt=${card.image.description ?? ""} />`}
      ${card.footer?.text && html`<p class="footer">${card.footer.text}</p>`}
    </div>`;
}

function File({ file }) {
  if (file.content_type?.startsWith("image/")) {
    return html`<figure><img src=${file.url} alt=${file.alt_text ?? file.name} />${file.alt_text && html`<figcaption>${file.alt_text}</figcaption>`}</figure>`;
  }
  return html`<p class="file"><a href=${file.url} download=${file.name} target="_blank" rel="noreferrer">${file.name}</a> (${Math.ceil(file.size_bytes / 1024)} kB)${file.alt_text ? ` — ${file.alt_text}` : ""}</p>`;
}

const STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link" };

function Row({ row, message, world, act }) {
  if (row.type !== 1) return html`<p class="unknown">(A part of this message that the page cannot draw yet)</p>`;
  return html`<div class="row">${row.components.map((part) => part.type === 2
    ? html`<${Button} part=${part} message=${message} act=${act} />`
    : html`<${Select} part=${part} world=${world} onPick=${(values) => act({ do: "select", message: message.id, custom_id: part.custom_id, values })} />`)}</div>`;
}

function Button({ part, message, act }) {
  const label = `${part.emoji?.name ? `${part.emoji.name} ` : ""}${part.label ?? ""}`;
  if (part.style === 5) return html`<a class="button link" href=${part.url} target="_blank" rel="noreferrer">${label}</a>`;
  return html`<button type="button" class=${STYLES[part.style] ?? "secondary"} disabled=${part.disabled}
    onClick=${() => act({ do: "press", message: message.id, custom_id: part.custom_id })}>${label}</button>`;
}

export function choicesFor(part, world) {
  if (part.type === 3) return part.options.map((option) => ({ value: option.value, label: option.label, note: option.description, picked: option.default }));
  const picked = new Set((part.default_values ?? []).map((one) => one.id));
  const people = world.people.map((person) => ({ value: person.id, label: person.name }));
  const bots = (world.bots ?? []).map((bot) => ({ value: bot.id, label: `${bot.name} (app)` }));
  const roles = world.roles.map((role) => ({ value: role.id, label: role.name }));
  const channels = world.channels.filter((one) => one.can_open).map((one) => ({ value: one.id, label: `# ${one.name}` }));
  const all = { 5: [...people, ...bots], 6: roles, 7: [...people, ...roles], 8: channels }[part.type] ?? [];
  return all.map((one) => ({ ...one, picked: picked.has(one.value) }));
}

export function Select({ part, world, onPick }) {
  const choices = choicesFor(part, world);
  const [picked, setPicked] = useState(choices.filter((one) => one.picked).map((one) => one.value));
  const many = (part.max_values ?? 1) > 1;
  const label = part.placeholder ?? "Choose";
  if (!many) {
    return html`<select aria-label=${label} disabled=${part.disabled} value=${picked[0] ?? ""} onChange=${(event) => {
      const value = event.target.value;
      setPicked([value]);
      onPick(value ? [value] : []);
    }}>
      <option value="" disabled=${part.min_values !== 0}>${label}</option>
      ${choices.map((one) => html`<option value=${one.value} selected=${picked.includes(one.value)}>${one.label}${one.note ? ` — ${one.note}` : ""}</option>`)}
    </select>`;
  }
  return html`<fieldset disabled=${part.disabled}><legend>${label}</legend>
    ${choices.map((one) => html`<label><input type="checkbox" checked=${picked.includes(one.value)} onChange=${(event) =>
      setPicked(event.target.checked ? [...picked, one.value] : picked.filter((value) => value !== one.value))} /> ${one.label}${one.note ? ` — ${one.note}` : ""}</label>`)}
    <button type="button" class="secondary" onClick=${() => onPick(picked)}>Choose these</button></fieldset>`;
}
