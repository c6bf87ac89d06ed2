// A channel with ten thousand messages: how soon it is painted, how smoothly it scrolls, and that only a part of it is ever drawn.
import assert from "node:assert/strict";
import { open } from "./page.mjs";

const MESSAGES = 10_000;
const MOST_DRAWN = 200;

async function fill({ page, desk }, address) {
  await desk.goes("cx-recognition");
  // Nobody watches while the messages are written.
  await page.goto("about:blank");
  const { origin, searchParams } = new URL(address);
  const headers = { "x-playground-key": searchParams.get("key"), "content-type": "application/json" };
  const asks = async (what, body) => (await fetch(`${origin}/api/${what}`, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) })).json();
  const seen = await asks("look");
  const channel = seen.channels.find((one) => one.name === "cx-recognition").id;
  const before = await asks(`look?as=${seen.people[0].id}&channel=${channel}`);
  const there = before.earlier + before.messages.length;
  let written = there;
  const writer = async () => {
    while (written < MESSAGES) {
      const number = ++written;
      const text = `Number ${number}.${number % 7 ? "" : " **Somewhat longer**, so that not all are of one height. ".repeat(number % 5)}`;
      const answer = await asks("act", { as: seen.people[number % seen.people.length].id, channel, do: "say", text });
      assert.equal(answer.refused, undefined);
    }
  };
  await Promise.all(Array.from({ length: 8 }, writer));
  return there;
}

export async function tenThousand(browser, address, seat) {
  const there = await fill(seat, address);
  const { context, page, pane, desk } = await open(browser, address);
  await desk.goes("cx-recognition");
  const paints = [];
  for (let times = 0; times < 5; times += 1) {
    await page.reload();
    await pane.locator("article").last().waitFor();
    paints.push(await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
  }
  const told = (numbers, unit) => `${[...numbers].sort((one, other) => one - other).map((number) => number.toFixed(0)).join(", ")} ${unit}`;
  console.log(`        ${MESSAGES} messages: first paint ${told(paints, "ms")}`);
  await desk.newest().filter({ hasText: /Number \d+/ }).waitFor();

  // Upwards without a stop: every frame is timed, and what is drawn is counted.
  const scroll = (step, until) => page.evaluate(async ([step, until]) => {
    const box = document.querySelector(".messages");
    const frames = [];
    let most = 0;
    let last = await new Promise(requestAnimationFrame);
    let still = 0;
    while (still < 60 && frames.length < 20_000) {
      const before = box.scrollTop;
      box.scrollTop += step;
      const now = await new Promise(requestAnimationFrame);
      frames.push(now - last);
      last = now;
      most = Math.max(most, box.querySelectorAll("article").length);
      const reached = document.querySelector(".messages").innerText.includes(until) && Math.abs(box.scrollTop - before) < 1;
      still = reached ? still + 1 : 0;
    }
    frames.sort((one, other) => one - other);
    return { most, frames: frames.length, half: frames[Math.floor(frames.length / 2)], most99: frames[Math.floor(frames.length * 0.99)], longest: frames.at(-1), reached: still > 0 };
  }, [step, until]);
  const say = (way, { frames, half, most99, longest, most }) =>
    console.log(`        scrolled ${way}: ${frames} frames, half within ${half.toFixed(0)} ms, 99 % within ${most99.toFixed(0)} ms, the longest ${longest.toFixed(0)} ms, at most ${most} messages drawn`);
  const up = await scroll(-400, `Number ${there + 1}.`);
  say("up", up);
  assert.ok(up.reached, "scrolling up reaches the first message");
  assert.ok(up.most <= MOST_DRAWN, `${up.most} messages are drawn at once`);
  const down = await scroll(400, `Number ${MESSAGES}.`);
  say("down", down);
  assert.ok(down.reached, "scrolling down reaches the last message");
  assert.ok(down.most <= MOST_DRAWN, `${down.most} messages are drawn at once`);

  // What is being read stays where it is while the part that is drawn moves on.
  await pane.locator(".messages").hover();
  const place = async (text) => (await pane.locator("article").filter({ hasText: text }).boundingBox()).y;
  await page.evaluate(() => { document.querySelector(".messages").scrollTop -= 1500; });
  await pane.getByRole("button", { name: "Jump to the newest" }).waitFor();
  const read = await page.evaluate(() => {
    const box = document.querySelector(".messages").getBoundingClientRect();
    return [...document.querySelectorAll("article")].find((one) => one.getBoundingClientRect().top > box.top + 40).innerText.match(/Number \d+\./)[0];
  });
  const at = await place(read);
  await pane.getByRole("button", { name: /^Show earlier messages/ }).evaluate((button) => button.click());
  await page.waitForFunction((first) => document.querySelector("article").dataset.message !== first, await pane.locator("article").first().getAttribute("data-message").catch(() => ""), { timeout: 5_000 }).catch(() => {});
  assert.ok(Math.abs(await place(read) - at) <= 2, `${read} has moved from ${at} to ${await place(read)}`);
  await pane.getByRole("button", { name: "Jump to the newest" }).click();
  await desk.reads(`Number ${MESSAGES}.`);
  await desk.line().fill("One more.");
  await page.keyboard.press("Enter");
  await desk.reads("One more.");
  await context.close();
}
