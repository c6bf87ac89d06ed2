// A channel with ten thousand messages: how soon it is painted, how smoothly it scrolls, that only a part of it is ever drawn,
// and that what is being read stays where it is.
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
  return (text) => asks("act", { as: seen.people[1].id, channel, do: "say", text });
}

export async function tenThousand(browser, address, seat) {
  const asks = await fill(seat, address);
  const { context, page, pane, desk, complaints } = await open(browser, address);
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
  await watch(page);
  const settles = () => page.evaluate(() => globalThis.settled());
  const list = pane.getByRole("log", { name: "Messages" });

  // The bar stands for the whole channel: dragged anywhere, what is there comes.
  for (const [where, least, most] of [[0.5, 4_000, 6_000], [0.2, 1_000, 3_000], [0.8, 7_000, 9_000]]) {
    await page.evaluate((where) => { const box = document.querySelector(".messages"); box.scrollTop = box.scrollHeight * where; }, where);
    const { row, drawn, rows } = await settles();
    assert.ok(row >= least && row <= most, `at ${where} of the bar stands message ${row}`);
    assert.equal(rows, MESSAGES);
    assert.ok(drawn <= MOST_DRAWN, `${drawn} messages are drawn at once`);
  }

  // Nothing here has been drawn before. What is above gets its height, and what is being read stays.
  const moved = await page.evaluate(async () => {
    const box = document.querySelector(".messages");
    const all = [];
    for (let times = 0; times < 30; times += 1) {
      box.scrollTop -= 350;
      await new Promise(requestAnimationFrame);
      const read = globalThis.inSight().find((one) => one.matches("article"));
      const at = read?.getBoundingClientRect().top;
      await globalThis.settled();
      if (read) all.push(Math.abs(read.getBoundingClientRect().top - at));
    }
    return all;
  });
  assert.ok(moved.length > 20, `only ${moved.length} times something could be read`);
  assert.ok(Math.max(...moved) <= 2, `what is being read has moved by ${moved} pixels`);

  // Nor does a picture move it that comes late, above, nor a message at the end.
  const stays = async (what, happens) => {
    const read = await page.evaluate(() => { const one = globalThis.inSight().find((one) => one.matches("article")); return { id: one.dataset.message, at: one.getBoundingClientRect().top }; });
    await happens();
    await settles();
    const at = await page.evaluate((id) => document.querySelector(`[data-message="${id}"]`).getBoundingClientRect().top, read.id);
    assert.ok(Math.abs(at - read.at) <= 2, `${what} has moved what is being read by ${at - read.at} pixels`);
  };
  await stays("a picture", () => page.evaluate(() => {
    const picture = document.createElement("canvas");
    picture.height = 333;
    const box = document.querySelector(".messages").getBoundingClientRect();
    [...document.querySelectorAll("article")].findLast((one) => one.getBoundingClientRect().bottom < box.top).append(picture);
  }));
  await stays("a new message", async () => {
    await asks(`Number ${MESSAGES + 1}.`);
    await page.waitForFunction((rows) => document.querySelector("article").ariaSetSize === String(rows), MESSAGES + 1);
  });

  // By keyboard alone: to the beginning, on by a page, and back to the end.
  await list.focus();
  await page.keyboard.press("Home");
  let now = await settles();
  assert.equal(now.row, 1);
  assert.equal(now.top, 0);
  await page.keyboard.press("PageDown");
  now = await settles();
  assert.ok(now.row > 1 && now.row < 30, `a page on stands message ${now.row}`);
  await page.keyboard.press("PageUp");
  assert.equal((await settles()).row, 1);
  await page.keyboard.press("End");
  await desk.reads(`Number ${MESSAGES + 1}.`);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("role")), "log", "the list keeps the focus");
  await pane.getByRole("button", { name: "Jump to the newest" }).waitFor({ state: "detached" });

  // Without a stop: every frame is timed, and what is drawn is counted.
  const scroll = (step) => page.evaluate(async (step) => {
    const box = document.querySelector(".messages");
    const frames = [];
    let [most, bare, still] = [0, 0, 0];
    // As a wheel does: between two frames.
    const frame = () => new Promise((done) => requestAnimationFrame((now) => setTimeout(done, 0, now)));
    let last = await frame();
    while (still < 60 && frames.length < 6_000) {
      const before = box.scrollTop;
      box.scrollTop += step;
      const now = await frame();
      frames.push(now - last);
      last = now;
      most = Math.max(most, box.querySelectorAll("article").length);
      const waits = globalThis.inSight().some((one) => !one.matches("article"));
      if (waits) bare += 1;
      still = !waits && Math.abs(box.scrollTop - before) < 1 ? still + 1 : 0;
    }
    frames.sort((one, other) => one - other);
    return { most, bare, frames: frames.length, half: frames[Math.floor(frames.length / 2)], most99: frames[Math.floor(frames.length * 0.99)], longest: frames.at(-1), reached: still > 0 };
  }, step);
  const say = (way, { frames, half, most99, longest, most, bare }) =>
    console.log(`        scrolled ${way}: ${frames} frames, half within ${half.toFixed(0)} ms, 99 % within ${most99.toFixed(0)} ms, the longest ${longest.toFixed(0)} ms, at most ${most} messages drawn, in ${bare} frames some were on their way`);
  const up = await scroll(-400);
  say("up", up);
  assert.ok(up.reached, "scrolling up reaches the first message");
  assert.equal((await settles()).row, 1);
  assert.ok(up.most <= MOST_DRAWN, `${up.most} messages are drawn at once`);
  const down = await scroll(400);
  say("down", down);
  assert.ok(down.reached, "scrolling down reaches the last message");
  assert.ok(down.most <= MOST_DRAWN, `${down.most} messages are drawn at once`);
  await desk.reads(`Number ${MESSAGES + 1}.`);

  await list.focus();
  await page.keyboard.press("Home");
  await settles();
  await pane.getByRole("button", { name: "Jump to the newest" }).click();
  await desk.reads(`Number ${MESSAGES + 1}.`);
  await desk.line().fill("One more.");
  await page.keyboard.press("Enter");
  await desk.reads("One more.");
  const { below } = await settles();
  assert.ok(below <= 1, `the end is in view, but for ${below} pixels`);

  // What was begun is not lost while its message is out of sight.
  await desk.runs("nominate", { person: "Owen Gallagher" });
  const begun = (await desk.reads("Nominating")).getByLabel("Grace Lindqvist");
  await begun.check();
  await list.focus();
  for (let pages = 0; pages < 4; pages += 1) await page.keyboard.press("PageUp");
  await settles();
  await page.keyboard.press("End");
  await settles();
  assert.ok(await begun.isChecked(), "a tick is kept");
  await desk.presses("Discard");
  assert.deepEqual(complaints, []);
  await context.close();
}

/// Helpers in the page: the rows in sight, and until all of them are here and nothing has moved for some frames.
const watch = (page) => page.evaluate(() => {
  const box = () => document.querySelector(".messages");
  globalThis.inSight = () => {
    const { top, bottom } = box().getBoundingClientRect();
    const rows = [...box().querySelectorAll(".place")].filter((one) => one.getBoundingClientRect().bottom > top && one.getBoundingClientRect().top < bottom);
    return rows.map((one) => one.querySelector("article") ?? one);
  };
  globalThis.settled = async () => {
    const sight = () => globalThis.inSight().map((one) => `${one.dataset.message} ${one.getBoundingClientRect().top}`).join();
    for (let [still, before, frames] = [0, "", 0]; still < 10; frames += 1) {
      if (frames > 3_600) throw new Error(`The list does not come to rest: ${before}`);
      await new Promise(requestAnimationFrame);
      const now = sight();
      still = now && now === before && globalThis.inSight().every((one) => one.matches("article")) ? still + 1 : 0;
      before = now;
    }
    const first = globalThis.inSight()[0];
    const { scrollTop, scrollHeight, clientHeight } = box();
    return { row: Number(first.ariaPosInSet), rows: Number(first.ariaSetSize), drawn: box().querySelectorAll("article").length, top: scrollTop, below: scrollHeight - clientHeight - scrollTop };
  };
});
