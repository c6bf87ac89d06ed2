// A person at the page: what somebody with eyes, a mouse or a keyboard would do, by the names that they would read.
import { chromium } from "playwright-core";
import { existsSync, readFileSync } from "node:fs";

// Nothing here takes a second on a quiet machine; a busy one may take its time.
const WITHIN = 30_000;
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export async function start() {
  const executablePath = process.env.CHROMIUM ?? PLACES.find(existsSync);
  if (!executablePath) throw new Error("There is no Chromium; tests/browser/install.sh installs it.");
  return chromium.launch({ executablePath, args: QUIET });
}

/// Opens the playground; whatever the browser complains about on the way ends up in `complaints`.
export async function open(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, timezoneId: "America/New_York", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(WITHIN);
  const complaints = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) complaints.push(message.text()); });
  page.on("pageerror", (fault) => complaints.push(String(fault)));
  await options.before?.(page);
  // SLOW=10 makes the page ten times as slow, to find what only holds on a quick machine.
  if (process.env.SLOW) await (await context.newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate: Number(process.env.SLOW) });
  // PAGE=src/playground/page tries the page's files as they stand, without a build.
  if (process.env.PAGE) {
    await page.route(/\.(js|css)$/, (route) => {
      const name = new URL(route.request().url()).pathname;
      return route.fulfill({ body: readFileSync(process.env.PAGE + name), contentType: name.endsWith("css") ? "text/css" : "text/javascript" });
    });
  }
  await page.goto(address);
  const pane = page.locator("section.pane").first();
  await pane.locator(".messages").waitFor();
  return { context, page, pane, complaints, desk: new Desk(page, pane) };
}

export class Desk {
  constructor(page, pane) { this.page = page; this.pane = pane; }

  async is(name) {
    await this.pane.getByLabel("You are").selectOption({ label: await this.optionOf(name) });
    await this.arrives(`[aria-label^="What ${name} sees"]`);
  }

  /// Until the page shows what this person sees here, and no longer what was seen before.
  async arrives(what = "") { await this.pane.and(this.page.locator(`section.pane[aria-busy=false]${what}`)).waitFor(); }

  async optionOf(name) {
    const labels = await this.pane.getByLabel("You are").locator("option").allTextContents();
    return labels.find((label) => label.startsWith(name));
  }

  async goes(channel) {
    const drawer = this.pane.getByRole("button", { name: "Channels", exact: true });
    if (await drawer.isVisible()) await drawer.click();
    const button = this.pane.getByRole("navigation").getByRole("button", { name: new RegExp(`${channel}( \\(unread\\))?$`) });
    await button.click();
    await this.pane.getByRole("heading", { level: 2, name: new RegExp(channel) }).waitFor();
    await this.arrives();
  }

  line() { return this.pane.locator(".bar input"); }

  /// Picks a command from the list and fills its options: suggestions by what they read, menus by label, the rest as text.
  async runs(command, options = {}) {
    await this.line().fill(`/${command}`);
    await this.pane.getByRole("option", { name: new RegExp(`^/${command} `) }).first().click();
    const form = this.pane.getByRole("form", { name: `Command ${command}` });
    for (const [name, value] of Object.entries(options)) {
      const field = form.getByLabel(new RegExp(`^${name}( \\(optional\\))?$`));
      if ((await field.evaluate((node) => node.tagName)) === "SELECT") await field.selectOption({ label: value });
      else if ((await field.getAttribute("role")) === "combobox") {
        await field.fill(value);
        await form.getByRole("option", { name: value }).first().click();
      } else await field.fill(value);
    }
    await form.getByRole("button", { name: "Run" }).click();
    await form.waitFor({ state: "detached" });
  }

  messages() { return this.pane.locator("article.message"); }
  newest(text) { return this.messages().filter(text ? { hasText: text } : {}).last(); }
  async reads(text) { await this.newest(text).waitFor(); return this.newest(text); }
  async presses(label, inside) {
    const place = inside ? this.newest(inside) : this.messages();
    await place.getByRole("button", { name: label, exact: typeof label === "string" }).last().click();
  }
  dialog() { return this.page.getByRole("dialog"); }
}
