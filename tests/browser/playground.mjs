// Stories at the playground's page, in a real browser. Usage: node playground.mjs ADDRESS [part of a story's name]
import assert from "node:assert/strict";
import http from "node:http";
import { open, start } from "./page.mjs";
import { everyControlKind } from "./kinds.mjs";
import { noBarriers } from "./barriers.mjs";
import { tenThousand } from "./long.mjs";

const [address, only = ""] = process.argv.slice(2);
const STORY = "She called the claimant back the same day and found the missing form.";

/// What the browser complained about. Nothing may be wrong with the page itself, nor refused by its own policy.
const calm = (seat) => assert.deepEqual(seat.complaints, []);

const stories = {
  async "three people live the four jobs"({ desk, page }) {
    await desk.goes("cx-pulse");
    await desk.runs("pulse open", { pulse: "Service ease" });
    await desk.reads("Only you can see this");
    const answers = { "Sam Okafor": "Very easy", "Grace Lindqvist": "Easy", "Priya Raman": "Easy", "Henry Abbott": "Difficult", "Noor Haddad": "Easy" };
    for (const [name, answer] of Object.entries(answers)) {
      await desk.is(name);
      await desk.presses(answer);
      await desk.reads("Your answer is sealed.");
      assert.equal(await desk.messages().filter({ hasText: "sealed" }).count(), 1, `${name} sees somebody else's reply`);
    }
    await page.getByRole("button", { name: "1 week on" }).click();
    await desk.reads("5 of about");

    await desk.is("Priya Raman");
    await desk.goes("cx-lessons");
    await desk.runs("lesson post", { lesson: "What customer experience is" });
    await desk.reads("Take the quiz");
    await desk.is("Sam Okafor");
    await desk.goes("cx-lessons");
    await desk.presses("Take the quiz");
    await desk.reads("Question 1 of 3");
    await desk.presses("A. The program manager's");
    await desk.reads("Not quite.");

    await desk.goes("cx-recognition");
    await desk.runs("nominate", { person: "Grace Lindqvist" });
    const draft = await desk.reads("Nominating");
    await draft.getByLabel("Which principle").selectOption({ index: 2 });
    await desk.newest("Nominating").filter({ hasText: "(edited)" }).waitFor();
    await draft.getByLabel("How do you know").selectOption({ index: 1 });
    await desk.dialog().waitFor();
    await desk.dialog().getByRole("button", { name: "Submit" }).click();
    await desk.dialog().getByText("This is needed.").first().waitFor();
    for (const box of await desk.dialog().getByRole("textbox").all()) await box.fill(STORY);
    await desk.dialog().getByRole("button", { name: "Submit" }).click();
    await desk.dialog().waitFor({ state: "detached" });
    await desk.presses("Send");
    await desk.reads("with the reviewers, without your name");
    await desk.is("Priya Raman");
    await desk.goes("cx-leads");
    await desk.runs("recognition queue");
    for (const criterion of ["Effect for the customer", "Evidence", "Link to the principle or value", "Something others can copy"]) {
      await desk.pane.locator("article.message").last().getByLabel(`${criterion}: 0 to 2`).selectOption({ index: 3 });
      await desk.arrives();
    }
    await desk.presses("Accept");
    await desk.reads("Accepted.");
    await desk.is("Grace Lindqvist");
    await desk.goes("cxbot");
    await desk.presses("Publish with my name");
    await desk.goes("cx-recognition");
    await desk.reads(STORY);

    await desk.is("Sam Okafor");
    await desk.goes("cx-general");
    await desk.runs("index");
    await desk.reads("Public-facing:");
    await desk.runs("help");
    await desk.reads("/nominate");
  },

  async "every control kind says what it was given"({ browser }) {
    await everyControlKind(browser, address);
  },

  async "no barriers, light and dark, wide and narrow"({ browser }) {
    await noBarriers(browser, address);
  },

  async "keyboard alone is enough"({ page, pane }) {
    const focused = () => page.evaluate(() => document.activeElement === document.body ? "" : document.activeElement.getAttribute("aria-label") ?? document.activeElement.innerText ?? "");
    const tabTo = async (wanted) => {
      for (let steps = 0; steps < 400; steps += 1) {
        if ((await focused()).includes(wanted)) return;
        await page.keyboard.press("Tab");
      }
      assert.fail(`Tab never reaches ${wanted}`);
    };
    // Nobody is asked twice in two weeks, so what another story asked must be that long ago.
    for (let weeks = 0; weeks < 2; weeks += 1) {
      const before = Date.parse(await page.locator(".clock time").getAttribute("datetime"));
      await tabTo("1 week on");
      await page.keyboard.press("Enter");
      await page.waitForFunction((from) => Date.parse(document.querySelector(".clock time").dateTime) - from > 6.9 * 86_400_000
        && !document.querySelector(".clock [aria-disabled=true]"), before);
    }
    await tabTo("cx-pulse");
    await page.keyboard.press("Enter");
    await tabTo("Message #cx-pulse");
    await page.keyboard.type("/pulse o");
    await pane.getByRole("option", { name: /^\/pulse open /, selected: true }).waitFor();
    await page.keyboard.press("Enter");
    await pane.getByRole("form", { name: "Command pulse open" }).waitFor();
    await page.keyboard.type("Time well");
    await pane.getByRole("option", { name: "Time well spent" }).waitFor();
    // The list as it was before typing holds it too; wait for the one that typing leaves.
    await page.waitForFunction(() => document.querySelectorAll("[role=option]").length === 1);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.type("900");
    await page.keyboard.press("Enter");
    await pane.getByText("At most 30.").waitFor();
    await page.keyboard.press("Control+A");
    await page.keyboard.type("3");
    await page.keyboard.press("Enter");
    const post = pane.locator("article").filter({ hasText: "Pulse: Time well spent" }).first();
    await post.waitFor();
    // After a command the line is where it was.
    await page.waitForFunction(() => document.activeElement?.matches(".bar input"));

    const button = post.getByRole("button", { name: "How are answers protected?" });
    await button.focus();
    await page.keyboard.press("Enter");
    await pane.locator("article.private").last().waitFor();
    assert.ok(await button.evaluate((node) => node === document.activeElement), "a press must keep the focus");

    const menu = pane.getByRole("button", { name: "Menu for Grace Lindqvist" });
    await menu.focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Be Grace Lindqvist" }).waitFor();
    await page.keyboard.press("ArrowDown");
    // Other commands may stand in the menu as well; an arrow leads from one to the next.
    assert.notEqual(await focused(), "Be Grace Lindqvist");
    assert.ok(await page.evaluate(() => document.activeElement.matches("[role=menuitem]")), "an arrow walks in the menu");
    await page.keyboard.press("Escape");
    assert.ok(await menu.evaluate((node) => node === document.activeElement), "a menu gives the focus back");
  },

  async "fast hands lose nothing"({ desk, page, pane }) {
    // No waiting anywhere: each key comes before the page has drawn what the last one caused, on a slow machine.
    const slow = await page.context().newCDPSession(page);
    await slow.send("Emulation.setCPUThrottlingRate", { rate: 8 });
    await desk.line().focus();
    await page.keyboard.type("/pulse o");
    await page.keyboard.press("Enter");
    await page.keyboard.type("Time well");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.type("3");
    const form = pane.getByRole("form", { name: "Command pulse open" });
    await page.waitForFunction(() => document.querySelector(".command input[role=combobox]")?.value === "Time well spent");
    assert.equal(await form.getByLabel(/^days/).inputValue(), "3");
    await page.keyboard.press("Escape");
    await page.keyboard.type("One");
    await page.keyboard.press("Enter");
    await page.keyboard.type("Two");
    await page.keyboard.press("Enter");
    await page.keyboard.type("unfinished");
    await desk.reads("Two");
    await desk.reads("One");
    assert.equal(await desk.line().inputValue(), "unfinished");
    await desk.goes("cx-lessons");
    await desk.goes("cx-general");
    assert.equal(await desk.line().inputValue(), "unfinished", "what was begun waits where it was begun");
    await desk.line().fill("");
    const menu = pane.getByRole("button", { name: "Menu for Grace Lindqvist" });
    await menu.focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Escape");
    assert.ok(await menu.evaluate((node) => node === document.activeElement), "a menu has the focus at once, and gives it back");
  },

  async "unread marks come and go, and nobody sees what is for another"({ desk, page, pane }) {
    await desk.is("Tomás Rivera");
    await desk.goes("cx-leads");
    await desk.goes("cx-general");
    await desk.is("Priya Raman");
    await desk.goes("cx-leads");
    await desk.line().fill("Shall we open a pulse?");
    await page.keyboard.press("Enter");
    await desk.reads("Shall we open a pulse?");
    await desk.goes("cx-general");
    await desk.is("Tomás Rivera");
    const leads = pane.getByRole("navigation").getByRole("button", { name: "cx-leads (unread)" });
    await leads.click();
    await desk.reads("Shall we open a pulse?");
    await desk.goes("cx-general");
    await pane.getByRole("navigation").getByRole("button", { name: "cx-leads", exact: true }).waitFor();
    await desk.is("Sam Okafor");
    assert.equal(await pane.getByRole("navigation").getByRole("button", { name: /cx-leads/ }).count(), 0, "members do not see the leads' channel");
    await desk.line().fill("/setup");
    await pane.getByText("No command like that here.").waitFor();
  },

  async "text stays text"({ desk, page }) {
    await desk.goes("cx-general");
    await desk.line().fill("<img src=x onerror=alert(1)> [press](javascript:alert(1)) **bold**");
    await page.keyboard.press("Enter");
    const message = await desk.reads("onerror=alert(1)");
    assert.equal(await message.locator("img, a").count(), 0);
    assert.equal(await message.locator("strong").innerText(), "bold");
  },

  async "other sites' pages are refused"() {
    const { host, port, searchParams } = new URL(address);
    const asked = (path, headers = {}, method = "GET") => new Promise((resolve, reject) => {
      const request = http.request({ host: "127.0.0.1", port, path, method, headers: { host, ...headers } }, (answer) => { answer.resume(); resolve(answer); });
      request.on("error", reject);
      request.end();
    });
    const key = { "x-playground-key": searchParams.get("key") };
    assert.equal((await asked("/api/look", key)).statusCode, 200);
    assert.equal((await asked("/api/look")).statusCode, 401, "without the key");
    assert.equal((await asked("/api/look", { "x-playground-key": "0".repeat(32) })).statusCode, 401, "with another key");
    assert.equal((await asked(`/api/look?key=${searchParams.get("key")}`)).statusCode, 401, "a key in the address is for the event stream alone");
    for (const path of ["/", "/api/look", "/api/backstage", "/api/transcript?as=1002"]) {
      assert.equal((await asked(path, { ...key, host: `rebound.example:${port}` })).statusCode, 403, `another host at ${path}`);
      assert.equal((await asked(path, { ...key, origin: "https://elsewhere.example" })).statusCode, 403, `another origin at ${path}`);
      assert.equal((await asked(path, { ...key, origin: "null" })).statusCode, 403, `no origin at ${path}`);
    }
    assert.equal((await asked("/api/fault", { ...key, origin: "https://elsewhere.example" }, "POST")).statusCode, 403);
    const { headers } = await asked("/");
    const policy = headers["content-security-policy"];
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /script-src 'self'(;|$)/);
    assert.doesNotMatch(policy, /unsafe|https?:\/\/(?!127\.0\.0\.1)/);
  },

  async "two people side by side"({ page, desk }) {
    await page.getByRole("button", { name: "Two people" }).click();
    const right = page.locator("section.pane").nth(1);
    await right.locator(".messages").waitFor();
    await page.getByRole("region", { name: "What Yusuf Demir sees, second view" }).waitFor();
    await right.getByRole("button", { name: /People; you are/ }).click();
    await right.getByRole("button", { name: "Maria Delgado Contact Center" }).click();
    await page.getByRole("region", { name: "What Maria Delgado sees, second view" }).waitFor();
    await desk.goes("cx-general");
    await desk.line().fill("Hello, Maria, from beside you.");
    await page.keyboard.press("Enter");
    await right.locator("article").filter({ hasText: "Hello, Maria, from beside you." }).waitFor();
  },

  async "the time machine shows what is coming and goes there"({ page, desk, pane }) {
    await desk.is("Priya Raman");
    await desk.goes("cx-lessons");
    await desk.runs("lesson schedule", { series: "Writing", day: "Wednesday", hour: "10" });
    await page.getByRole("button", { name: "What is coming" }).click();
    const panel = page.getByRole("complementary", { name: "What is coming" });
    const first = panel.getByRole("listitem").filter({ hasText: "writing-clearly" }).first();
    const when = await first.locator("time").innerText();
    assert.match(when, /^Wed.*10:00 AM$/);
    const before = await pane.locator("article").count();
    await first.getByRole("button", { name: /^Go to/ }).click();
    await pane.locator("article").nth(before).waitFor();
    await page.getByRole("region", { name: "Time machine" }).locator("time").filter({ hasText: /^Wed.*10:00 AM/ }).waitFor();
  },

  async "backstage shows the protocol, bad days come and go, a transcript is kept"({ page, desk, pane }) {
    await page.getByRole("button", { name: "Backstage" }).click();
    const panel = page.getByRole("complementary", { name: "Backstage" });
    await desk.is("Priya Raman");
    await desk.goes("cx-general");
    await panel.getByRole("button", { name: "Everything takes four seconds" }).click();
    await desk.runs("help");
    await pane.getByText("The application did not respond").waitFor();
    await panel.getByRole("button", { name: "Clear all faults" }).click();
    await panel.getByText("All faults are cleared.").waitFor();
    await desk.runs("index");
    await desk.reads("Public-facing:");
    const answer = panel.locator("details").filter({ hasText: "POST" }).filter({ hasText: "/callback" }).first();
    await answer.locator("summary").click();
    await panel.locator("details[open] pre").first().waitFor();
    assert.ok(!(await panel.innerText()).includes("Bot "), "tokens never leave the journal");
    const saving = page.waitForEvent("download");
    await panel.getByRole("button", { name: "Save as text" }).click();
    const kept = await readAll(await (await saving).createReadStream());
    assert.match(kept, /== cx-general/);
    assert.match(kept, /Public-facing/);
  },

  async "moments stand in the zone of who reads, and its name beside them"({ browser }) {
    const read = async (timezoneId) => {
      const { context, page, pane, desk } = await open(browser, address, { timezoneId });
      await desk.goes("cx-general");
      await desk.line().fill(`See you at <t:1796064350:f>, says ${timezoneId}.`);
      await page.keyboard.press("Enter");
      const message = await desk.reads(`says ${timezoneId}`);
      assert.equal(await message.locator(".body time").innerText(), { "Asia/Tokyo": "December 1, 2026 at 3:45 AM", "America/New_York": "November 30, 2026 at 1:45 PM" }[timezoneId]);
      const posted = new Date(await message.locator(".byline time").first().getAttribute("datetime"));
      const words = posted.toLocaleString("en-US", { timeZone: timezoneId, dateStyle: "medium", timeStyle: "short" });
      assert.equal((await pane.locator("article").last().getByRole("button", { name: /^Menu for the message/ }).getAttribute("aria-label")).split(", ").slice(1).join(", "), words);
      await page.getByRole("button", { name: "What is coming" }).click();
      const panel = page.getByRole("complementary", { name: "What is coming" });
      await panel.getByText(`Times are in your zone, ${timezoneId.replace("_", " ")}`).waitFor();
      const other = await panel.getByText("cxbot plans in America/New York").count();
      assert.equal(other, timezoneId === "Asia/Tokyo" ? 1 : 0);
      await context.close();
    };
    await read("Asia/Tokyo");
    await read("America/New_York");
  },

  async "backstage lists what waits, and nobody's private words"({ page, desk }) {
    await page.getByRole("button", { name: "Backstage" }).click();
    const panel = page.getByRole("complementary", { name: "Backstage" });
    await desk.is("Priya Raman");
    await desk.goes("cx-lessons");
    // Often enough that the message still waits when it is looked for.
    for (let times = 0; times < 6; times += 1) {
      const done = page.waitForResponse((answer) => answer.url().includes("/api/fault"));
      await panel.getByRole("button", { name: "Next message meets a 500" }).click();
      await done;
    }
    await desk.runs("lesson post", { lesson: "Top tasks" });
    const waiting = panel.getByRole("list", { name: "Waiting messages" }).getByRole("listitem");
    await waiting.filter({ hasText: /Message to #cx-lessons.*Top tasks/ }).filter({ hasText: /due .*, tried/ }).first().waitFor();
    await panel.getByRole("button", { name: "Clear all faults" }).click();
    await page.getByRole("button", { name: "1 hour on" }).click();
    await panel.getByText("No messages wait to be sent").waitFor();
    await desk.reads("Top tasks");
  },

  async "ten thousand messages are one list"(seat) {
    await tenThousand(seat.browser, address, seat);
  },

  async "the tour ticks what has been done"({ page, desk }) {
    await page.getByRole("button", { name: "Tour" }).click();
    const tour = page.getByRole("complementary", { name: "Tour" });
    await tour.getByText("The index is on the screen: not yet").waitFor();
    await desk.goes("cx-general");
    await desk.runs("index");
    await tour.getByText("The index is on the screen: done").waitFor();
  },
};

async function readAll(stream) {
  let text = "";
  for await (const part of stream) text += part;
  return text;
}

const browser = await start();
let failed = 0;
for (const [name, story] of Object.entries(stories).filter(([name]) => name.includes(only))) {
  const began = performance.now();
  const seat = await open(browser, address);
  try {
    await story({ browser, ...seat });
    calm(seat);
    console.log(`ok      ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  } catch (fault) {
    failed += 1;
    console.log(`FAILED  ${name}\n${fault.stack}\nOn the page:\n${await seat.page.locator("body").innerText()}`);
    if (process.env.SHOTS) await seat.page.screenshot({ path: `${process.env.SHOTS}/failed.png` });
  }
  await seat.context.close();
}
await browser.close();
process.exit(failed ? 1 : 0);
