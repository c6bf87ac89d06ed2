// A person's letters on one of eight tints. Pictures would come from the network, and names say it all the same.
import { html } from "/preact-htm.js";

export function Avatar({ person }) {
  const letters = person.name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("");
  return html`<span class=${`avatar tint${Number(BigInt(person.id) % 8n)}`} aria-hidden="true">${letters}</span>`;
}
