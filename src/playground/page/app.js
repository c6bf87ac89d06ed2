// The page: one or two people side by side, the time machine above them, and what happens behind the curtain beside them.
import { html, render, useState, useEffect, useCallback } from "/preact-htm.js";
import { call, kept, keep, onChange } from "/server.js";
import { Pane } from "/pane.js";
import { TimeMachine, Coming } from "/time.js";
import { Backstage } from "/backstage.js";
import { Tour } from "/tour.js";

const PANELS = { tour: "Tour", coming: "What is coming", backstage: "Backstage" };

function App() {
  const [version, setVersion] = useState(0);
  const [seen, setSeen] = useState(null);
  const [two, setTwo] = useState(kept("two") ?? false);
  const [panel, setPanel] = useState(kept("panel"));
  const [done, setDone] = useState([]);
  const [moving, setMoving] = useState(false);
  const [said, setSaid] = useState("");

  useEffect(() => onChange(() => setVersion((before) => before + 1)), []);
  useEffect(() => { keep("two", two); keep("panel", panel); }, [two, panel]);
  const onDone = useCallback((what) => setDone((before) => [...before.slice(-200), what]), []);

  const move = useCallback(async (step) => {
    setMoving(true);
    setSaid("The clock is moving …");
    try {
      const { now } = await call("clock", {}, step);
      setSaid("");
      setVersion((before) => before + 1);
      onDone({ do: "clock", now });
    } catch (fault) {
      setSaid(fault.message);
    } finally {
      setMoving(false);
    }
  }, [onDone]);

  const closePanel = () => { document.querySelector("[aria-controls=panel][aria-expanded=true]")?.focus(); setPanel(null); };
  const toggle = (name) => html`<button type="button" aria-expanded=${panel === name} aria-controls="panel"
    onClick=${() => setPanel(panel === name ? null : name)}>${PANELS[name]}</button>`;
  return html`
    <div class="page">
      <header>
        <h1>cxbot playground</h1>
        ${seen && html`<${TimeMachine} seen=${seen} moving=${moving} onMove=${move} />`}
        <div class="tools">
          ${toggle("tour")} ${toggle("coming")} ${toggle("backstage")}
          <button type="button" aria-pressed=${two} onClick=${() => setTwo(!two)}>Two people</button>
        </div>
        <p class="said" role="status">${said}</p>
      </header>
      <div class="stage">
        <main>
          <${Pane} name="left" version=${version} onLook=${setSeen} onDone=${onDone} />
          ${two && html`<${Pane} name="right" version=${version} onDone=${onDone} />`}
        </main>
        ${panel && html`
          <aside id="panel" class="panel" aria-label=${PANELS[panel]}>
            <div class="panelhead"><h2>${PANELS[panel]}</h2>
              <button type="button" class="icon" aria-label=${`Close ${PANELS[panel]}`} onClick=${closePanel}>✕</button></div>
            ${panel === "coming" && html`<${Coming} version=${version} seen=${seen} moving=${moving} onMove=${move} />`}
            ${panel === "backstage" && html`<${Backstage} version=${version} seen=${seen} />`}
            ${panel === "tour" && html`<${Tour} done=${done} />`}
          </aside>`}
      </div>
    </div>`;
}

const place = document.getElementById("app");
place.replaceChildren();
render(html`<${App} />`, place);
