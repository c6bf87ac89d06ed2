// The guided tour: six steps, each ticked off when it has really been done.
import { html } from "/preact-htm.js";

const ran = (path) => (one) => one.do === "run" && one.command === path;
const STEPS = [
  { title: "Answer a pulse", text: "As Priya, open #cx-pulse, type /pulse open and choose “service-ease”. Then press four or more other people's names, one after the other, and answer for them: at least five answers make a result. Only you see what you answered.",
    parts: [["A pulse is open", ran("pulse open")], ["Five people have answered", (one, all) => new Set(all.filter((other) => other.do === "press").map((other) => other.me)).size >= 5]] },
  { title: "Use the time machine", text: "Press “1 week on” at the top. The pulse closes by itself. “What is coming” shows what else will happen.", parts: [["The clock has moved", (one) => one.do === "clock"]] },
  { title: "Read the result", text: "The result is in #cx-pulse: how many answered, and no group so small that it could point at anybody. As Priya, run /pulse results to see it again.", parts: [["The result is on the screen", ran("pulse results")]] },
  { title: "Take a lesson", text: "Run /learn next as anybody, read the lesson, and answer its quiz.", parts: [["A lesson is open", ran("learn next")]] },
  { title: "Nominate somebody", text: "Run /nominate, or choose “Nominate for good CX” in the menu (⋯) beside a name. Send the form.", parts: [["A nomination is sent", (one) => one.do === "submit"]] },
  { title: "See the index", text: "Run /index: both scores with their range, and what is missing.", parts: [["The index is on the screen", ran("index")]] },
];

export function Tour({ done }) {
  return html`<p class="topic">About five minutes. Each step is ticked when you have done it.</p>
    <ol class="tour">${STEPS.map((step) => html`<li key=${step.title}><h3>${step.title}</h3><p>${step.text}</p>
      ${step.parts.map(([words, test]) => {
        const is = done.some((one) => test(one, done));
        return html`<p key=${words} class=${is ? "done" : "todo"}><span aria-hidden="true">${is ? "✓" : "○"} </span>${words}<span class="hidden">${is ? ": done" : ": not yet"}</span></p>`;
      })}</li>`)}</ol>`;
}
