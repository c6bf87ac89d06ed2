// A modal: a form of text inputs (and, for other bots, labelled selects).
import { html, useEffect, useRef, useState } from "/preact-htm.js";
import { choicesFor } from "/message.js";

function flatten(components) {
  return components.flatMap((part) => {
    if (part.type === 1) return part.components;
    if (part.type === 18) return [{ ...part.component, label: part.label, description: part.description }];
    if (part.type === 10) return [{ type: 10, content: part.content }];
    return [];
  });
}

export function FormDialog({ form, world, onClose, onSend }) {
  const dialog = useRef();
  const [refused, setRefused] = useState("");
  const inputs = flatten(form.components);
  useEffect(() => { dialog.current.showModal(); }, [form.interaction_id]);
  const send = async (event) => {
    event.preventDefault();
    const data = new FormData(event.target);
    const values = {};
    for (const input of inputs) {
      if (!input.custom_id) continue;
      values[input.custom_id] = input.type === 4 ? (data.get(input.custom_id) ?? "") : data.getAll(input.custom_id);
    }
    setRefused((await onSend(values)) ?? "");
  };
  return html`
    <dialog ref=${dialog} onClose=${onClose} aria-labelledby="form-title">
      <form onSubmit=${send}>
        <h2 id="form-title">${form.title}</h2>
        ${inputs.map((input) => html`<${Field} input=${input} world=${world} />`)}
        <p class="notice" role="alert">${refused}</p>
        <div class="row"><button type="button" class="secondary" onClick=${() => dialog.current.close()}>Cancel</button><button type="submit" class="primary">Submit</button></div>
      </form>
    </dialog>`;
}

function Field({ input, world }) {
  if (input.type === 10) return html`<p>${input.content}</p>`;
  const needed = input.required !== false;
  const label = html`${input.label}${needed ? "" : " (optional)"}`;
  const limits = { minlength: input.min_length || undefined, maxlength: input.max_length ?? 4000, required: needed, placeholder: input.placeholder ?? "" };
  if (input.type === 4) {
    return html`<label>${label}${input.description && html`<span class="small">${input.description}</span>`}
      ${input.style === 2 ? html`<textarea name=${input.custom_id} rows="4" ...${limits}>${input.value ?? ""}</textarea>` : html`<input name=${input.custom_id} value=${input.value ?? ""} ...${limits} />`}</label>`;
  }
  return html`<label>${label}<select name=${input.custom_id} multiple=${(input.max_values ?? 1) > 1} required=${needed}>
    ${choicesFor(input, world).map((one) => html`<option value=${one.value}>${one.label}</option>`)}</select></label>`;
}
