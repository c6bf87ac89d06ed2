// A modal: a form of text fields, menus, choices and files, checked where it stands.
import { html, useLayoutEffect, useRef, useState } from "/preact-htm.js";
import { Markdown } from "/markdown.js";
import { choicesFor, readFile } from "/parts.js";

function flatten(components) {
  return components.flatMap((part) => {
    if (part.type === 1) return part.components;
    if (part.type === 18) return [{ ...part.component, label: part.label, description: part.description }];
    return part.type === 10 ? [part] : [];
  });
}

async function valueOf(input, data) {
  const given = data.getAll(input.custom_id);
  switch (input.type) {
    case 4: return given[0] ?? "";
    case 19: return Promise.all(given.filter((file) => file.size).map(readFile));
    case 23: return given.length > 0;
    default: return given.filter((value) => value !== "");
  }
}

function problem(input, value) {
  const needed = input.required !== false;
  if (input.type === 23) return "";
  if (value.length === 0) return needed ? "This is needed." : "";
  if (input.type === 4) {
    if (value.length < (input.min_length ?? 0)) return `At least ${input.min_length} characters, please.`;
    if (value.length > (input.max_length ?? 4000)) return `At most ${input.max_length ?? 4000} characters, please.`;
    return "";
  }
  const most = input.max_values ?? (input.type === 22 ? input.options.length : 1);
  if (value.length < (input.min_values ?? 1)) return `Choose at least ${input.min_values}.`;
  return value.length > most ? `Choose at most ${most}.` : "";
}

export function FormDialog({ form, seen, onClose, onSend }) {
  const dialog = useRef();
  const [refused, setRefused] = useState("");
  const [problems, setProblems] = useState({});
  const [busy, setBusy] = useState(false);
  const inputs = flatten(form.components);
  // While the page is drawn, not after it: the next key is meant for the form.
  useLayoutEffect(() => {
    const opener = document.activeElement;
    const closing = dialog.current;
    const pane = closing.closest("section.pane");
    closing.showModal();
    closing.querySelector("[name]")?.focus();
    return () => {
      // Its own word that it is closed comes late, and would close the form that takes its place: see onClose below.
      if (closing.open) closing.close();
      // The control that opened it may be gone when this drawing is done; then the message line is the next place to be.
      queueMicrotask(() => { if (document.activeElement === document.body) (opener?.isConnected && opener !== document.body ? opener : pane.querySelector(".bar input"))?.focus(); });
    };
  }, []);
  const send = async (event) => {
    event.preventDefault();
    if (busy) return;
    const sheet = event.target;
    const data = new FormData(sheet);
    const values = {};
    const found = {};
    for (const input of inputs.filter((one) => one.custom_id)) {
      values[input.custom_id] = await valueOf(input, data);
      const why = problem(input, values[input.custom_id]);
      if (why) found[input.custom_id] = why;
    }
    setProblems(found);
    setRefused("");
    const first = inputs.find((input) => found[input.custom_id]);
    if (first) { sheet.querySelector(`[name="${CSS.escape(first.custom_id)}"]`)?.focus(); return; }
    setBusy(true);
    const why = await onSend(values);
    setBusy(false);
    setRefused(why ?? "");
  };
  return html`
    <dialog ref=${dialog} onClose=${(event) => event.target.isConnected && onClose()} aria-labelledby="form-title">
      <form onSubmit=${send} noValidate>
        <h2 id="form-title">${form.title}</h2>
        ${inputs.map((input, at) => html`<${Field} key=${input.custom_id ?? at} input=${input} seen=${seen} why=${problems[input.custom_id]} />`)}
        <p class="problem" role="alert">${refused}</p>
        <div class="row"><button type="submit" class="primary" aria-busy=${busy}>${busy ? "Sending …" : "Submit"}</button><button type="button" class="secondary" onClick=${() => dialog.current.close()}>Cancel</button></div>
      </form>
    </dialog>`;
}

function Field({ input, seen, why }) {
  const [length, setLength] = useState((input.value ?? "").length);
  if (input.type === 10) return html`<${Markdown} text=${input.content} context=${{ names: {}, now: seen.now }} />`;
  const needed = input.required !== false;
  const id = `field-${input.custom_id}`;
  const label = `${input.label ?? ""}${needed ? "" : " (optional)"}`;
  const shared = { id, name: input.custom_id, "aria-invalid": Boolean(why), "aria-required": needed, "aria-describedby": `${id}-help ${id}-why` };
  const notes = html`${input.description && html`<p class="help" id=${`${id}-help`}>${input.description}</p>`}<p class="problem" id=${`${id}-why`}>${why ?? ""}</p>`;
  if (input.type === 21 || input.type === 22) {
    return html`<fieldset aria-describedby=${`${id}-why`}><legend>${label}</legend>${input.options.map((one) => html`<label key=${one.value}>
      <input type=${input.type === 21 ? "radio" : "checkbox"} name=${input.custom_id} value=${one.value} defaultChecked=${one.default} /> ${one.label}${one.description ? html`<small> ${one.description}</small>` : ""}</label>`)}${notes}</fieldset>`;
  }
  if (input.type === 23) return html`<div class="field"><label class="tick"><input type="checkbox" ...${shared} defaultChecked=${input.default} value="yes" /> ${label}</label>${notes}</div>`;
  const most = input.max_length ?? 4000;
  const typed = (event) => setLength(event.target.value.length);
  const field = () => {
    if (input.type === 4 && input.style === 2) return html`<textarea ...${shared} rows="4" placeholder=${input.placeholder ?? ""} onInput=${typed}>${input.value ?? ""}</textarea>`;
    if (input.type === 4) return html`<input ...${shared} defaultValue=${input.value ?? ""} placeholder=${input.placeholder ?? ""} autocomplete="off" onInput=${typed} />`;
    if (input.type === 19) return html`<input ...${shared} type="file" multiple=${(input.max_values ?? 1) > 1} />`;
    const many = (input.max_values ?? 1) > 1;
    return html`<select ...${shared} multiple=${many}>
      ${!many && html`<option value="">${input.placeholder ?? "Choose …"}</option>`}
      ${choicesFor(input, seen).map((one) => html`<option key=${one.value} value=${one.value} selected=${one.picked}>${one.label}</option>`)}</select>`;
  };
  return html`<div class="field"><label for=${id}>${label}</label>${field()}
    ${input.type === 4 && html`<p class="help count" aria-hidden="true">${length} of ${most}</p>`}${notes}</div>`;
}
