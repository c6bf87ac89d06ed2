// A channel with ten thousand messages: how soon it is painted, how smoothly it scrolls, and that only a part of it is ever drawn.
import assert from "node:assert/strict";
import { open } from "./page.mjs";

const MESSAGES = 10_000;
const MOST_DRAWN = 200;

export async function fill({ page, desk }, address, count = MESSAGES) {
  await desk.goes("cx-recognition");
  // Nobody watches while the messages are written.
  await page.goto("about:blank");
  const { origin, searchParams } = new URL(address);
  const headers = { "x-playground-key": searchParams.get("key"), "content-type": "application/json" };
  const asks = async (what, body) => (await fetch(`${origin}/api/${what}`, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) })).json();
  const seen = await asks("look");
  const channel = seen.channels.find((one) => one.name === "cx-recognition").id;
  const before = await asks(`look?as=${seen.people[0].id}&channel=${channel}`);
  let written = before.earlier + before.messages.length;
  const writer = async () => {
    while (written < count) {
      const number = ++written;
      const text = `Number ${number}.${number % 7 ? "" : " **Somewhat longer**, so that not all are of one height. ".repeat(number % 5)}`;
      const answer = await asks("act", { as: seen.people[number % seen.people.length].id, channel, do: "say", text });
      assert.equal(answer.refused, undefined);
    }
  };
  await Promise.all(Array.from({ length: 8 }, writer));
}

export async function tenThousand(browser, address, seat) {
  await fill(seat, address);
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
  const scroll = (step, more) => page.evaluate(async ([step, more]) => {
    const box = document.querySelector(".messages");
    const frames = [];
    let most = 0;
    let last = await new Promise(requestAnimationFrame);
    let still = 0;
    while (still < 60 && frames.length < 6_000) {
      const before = box.scrollTop;
      box.scrollTop += step;
      const now = await new Promise(requestAnimationFrame);
      frames.push(now - last);
      last = now;
      most = Math.max(most, box.querySelectorAll("article").length);
      const reached = !box.textContent.includes(more) && Math.abs(box.scrollTop - before) < 1;
      still = reached ? still + 1 : 0;
    }
    frames.sort((one, other) => one - other);
    return { most, frames: frames.length, half: frames[Math.floor(frames.length / 2)], most99: frames[Math.floor(frames.length * 0.99)], longest: frames.at(-1), reached: still > 0 };
  }, [step, more]);
  const say = (way, { frames, half, most99, longest, most }) =>
    console.log(`        scrolled ${way}: ${frames} frames, half within ${half.toFixed(0)} ms, 99 % within ${most99.toFixed(0)} ms, the longest ${longest.toFixed(0)} ms, at most ${most} messages drawn`);
  const up = await scroll(-400, "Show earlier messages");
  say("up", up);
  assert.ok(up.reached, "scrolling up reaches the first message");
  assert.ok(up.most <= MOST_DRAWN, `${up.most} messages are drawn at once`);
  const down = await scroll(400, "Show later messages");
  say("down", down);
  assert.ok(down.reached, "scrolling down reaches the last message");
  assert.ok(down.most <= MOST_DRAWN, `${down.most} messages are drawn at once`);

  // What is being read stays where it is while the part that is drawn moves on.
  const moved = await page.evaluate(async () => {
    const box = document.querySelector(".messages");
    const first = () => box.querySelector("article").dataset.message;
    const [began, frame] = [first(), () => new Promise(requestAnimationFrame)];
    box.scrollTop = 650;
    await frame();
    const top = box.getBoundingClientRect().top;
    const read = [...box.querySelectorAll("article")].find((one) => one.getBoundingClientRect().bottom > top);
    const at = read.getBoundingClientRect().top;
    for (let frames = 0; frames < 1_800 && first() === began; frames += 1) await frame();
    return { drawn: first() !== began, by: Math.abs(read.getBoundingClientRect().top - at) };
  });
  assert.ok(moved.drawn, "near the edge the next part is drawn");
  assert.ok(moved.by <= 2, `what is being read has moved by ${moved.by} pixels`);
  await pane.getByRole("button", { name: "Jump to the newest" }).click();
  await desk.reads(`Number ${MESSAGES}.`);
  await desk.line().fill("One more.");
  await page.keyboard.press("Enter");
  await desk.reads("One more.");
  await context.close();
}
