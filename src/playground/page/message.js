// One message: who and when, text, cards, files, controls.
import { html } from "/preact-htm.js";
import { Markdown } from "/markdown.js";
import { Avatar } from "/avatar.js";
import { Part, Files } from "/parts.js";

const CLOSE_TOGETHER = 5 * 60 * 1000;

/// The beginning of a message without its marks.
const plain = (message) => (message.content || message.embeds[0]?.title || "").replace(/[*_`#>~]+|<[@#t:][^>]*>/g, "").trim().split("\n")[0].slice(0, 80);

export function Message({ message, before, answered, row, rows, seen, act, onOpen, openMenu }) {
  const context = { names: message.names ?? {}, now: seen.now };
  const posted = new Date(message.posted_at);
  const words = posted.toLocaleString("en-US", { dateStyle: "medium", timeStyle: "short" });
  const follows = before && before.author.id === message.author.id && !message.used && !message.replies_to && !before.only_for && !message.only_for
    && posted - new Date(before.posted_at) < CLOSE_TOGETHER;
  const commands = seen.commands.filter((command) => command.kind === "message");
  const menu = (event) => openMenu(event, `Menu for the message of ${message.author.name}`, [
    ...commands.map((command) => ({ label: command.name, run: () => act({ do: "context", command: command.name, target: message.id }, command.name) })),
    { label: "Copy text", run: () => navigator.clipboard?.writeText(message.content || message.embeds.map((card) => `${card.title ?? ""}\n${card.description ?? ""}`).join("\n")) },
  ]);
  return html`
    <article class=${`message${message.only_for ? " private" : ""}${message.mentions_viewer ? " mentioned" : ""}${follows ? " follows" : ""}`} tabindex="-1" aria-posinset=${row + 1} aria-setsize=${rows} data-message=${message.id} onContextMenu=${menu}>
      ${message.used?.command && html`<p class="used">${message.used.user_name} used ${message.kind === 23 ? "" : "/"}${message.used.command}</p>`}
      ${answered && html`<p class="used">In answer to ${answered.author.name}: ${plain(answered)}</p>`}
      <div class="byline">
        ${!follows && html`<${Avatar} person=${message.author} />`}
        <h3><span class="author">${message.author.name}</span>${message.author.bot && html` <span class="tag">APP</span>`}
        <time datetime=${message.posted_at}> ${words}</time>${message.edited_at && html`<span class="edited"> (edited)</span>`}${message.pinned && html`<span class="edited"> (pinned)</span>`}
        ${message.kind === 6 && html`<span class="edited"> pinned a message</span>`}${message.kind === 18 && html`<span class="edited"> started a thread</span>`}</h3>
        <button type="button" class="icon more" aria-haspopup="menu" aria-label=${`Menu for the message of ${message.author.name}, ${words}`} onClick=${menu}>⋯</button>
      </div>
      <div class="body">
        ${message.loading && html`<p class="thinking">cxbot is thinking …</p>`}
        <${Markdown} text=${message.content} context=${context} />
        ${message.embeds.map((card) => html`<${Card} card=${card} context=${context} files=${message.files} />`)}
        <${Files} files=${message.files.filter((file) => !file.in_embed)} />
        ${message.components.map((part, at) => html`<${Part} key=${part.custom_id ?? at} part=${part} message=${message} seen=${seen} context=${context} act=${act} />`)}
        ${message.thread && html`<p><button type="button" class="threadlink" onClick=${() => onOpen(message.thread.id)}>Thread: ${message.thread.name} (${message.thread.message_count} ${message.thread.message_count === 1 ? "message" : "messages"})</button></p>`}
        ${message.only_for && html`<p class="only">Only you can see this · <button type="button" class="plain" onClick=${() => act({ do: "dismiss", message: message.id })}>Dismiss</button></p>`}
      </div>
    </article>`;
}

function Card({ card, context, files }) {
  const edge = card.color ? { borderLeftColor: `#${card.color.toString(16).padStart(6, "0")}` } : {};
  const picture = card.image?.url && (files.find((file) => file.url === card.image.url) ?? files.find((file) => file.in_embed));
  return html`
    <div class="card" style=${edge}>
      ${card.author?.name && html`<p class="cardauthor">${card.author.name}</p>`}
      ${card.title && html`<h4>${card.url ? html`<a href=${card.url} target="_blank" rel="noreferrer">${card.title}</a>` : card.title}</h4>`}
      ${card.description && html`<${Markdown} text=${card.description} context=${context} />`}
      ${card.fields?.length > 0 && html`<dl>${card.fields.map((field) => html`<div class=${field.inline ? "inline" : ""}><dt><${Markdown} text=${field.name} context=${context} /></dt><dd><${Markdown} text=${field.value} context=${context} /></dd></div>`)}</dl>`}
      ${card.image?.url && html`<img src=${card.image.url} alt=${picture?.alt_text ?? card.image.description ?? ""} />`}
      ${(card.footer?.text || card.timestamp) && html`<p class="footer">${card.footer?.text}${card.timestamp && ` · ${new Date(card.timestamp).toLocaleDateString("en-US", { dateStyle: "medium" })}`}</p>`}
    </div>`;
}
