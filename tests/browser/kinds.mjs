// Every kind of control that Discord has, also those that cxbot does not use: what the page draws, and what it sends when used.
import assert from "node:assert/strict";
import { open } from "./page.mjs";

const option = (value) => ({ value, label: value.toUpperCase() });
const row = (...components) => ({ type: 1, components });
const CONTROLS = [
  row({ type: 2, style: 1, custom_id: "b1", label: "Primary" }, { type: 2, style: 2, custom_id: "b2", label: "Secondary" }, { type: 2, style: 3, custom_id: "b3", label: "Success" },
    { type: 2, style: 4, custom_id: "b4", label: "Danger" }, { type: 2, style: 5, url: "https://example.gov/", label: "Link" }),
  row({ type: 2, style: 2, custom_id: "b5", label: "Disabled", disabled: true }),
  row({ type: 3, custom_id: "s3", placeholder: "One text", options: [option("a"), option("b")] }),
  row({ type: 3, custom_id: "s3m", placeholder: "Several texts", min_values: 1, max_values: 2, options: [option("a"), option("b"), option("c")] }),
  row({ type: 5, custom_id: "s5", placeholder: "A person" }),
  row({ type: 6, custom_id: "s6", placeholder: "A role" }),
  row({ type: 7, custom_id: "s7", placeholder: "A person or role" }),
  row({ type: 8, custom_id: "s8", placeholder: "A channel" }),
  { type: 17, components: [{ type: 10, content: "Text in a **frame**" }, { type: 14 }, { type: 9, components: [{ type: 10, content: "Beside a button" }], accessory: { type: 2, style: 2, custom_id: "b9", label: "Beside" } }] },
];
const label = (text, component) => ({ type: 18, label: text, description: `About ${text}`, component });
const FORM = {
  interaction_id: "999999", custom_id: "form", title: "Every field", components: [
    { type: 10, content: "Please answer." },
    row({ type: 4, custom_id: "old", style: 1, label: "Old style", required: true, max_length: 10 }),
    label("Long text", { type: 4, custom_id: "long", style: 2, min_length: 3 }),
    label("Menu", { type: 3, custom_id: "menu", options: [option("a"), option("b")] }),
    label("Person", { type: 5, custom_id: "person" }),
    label("Radio", { type: 21, custom_id: "radio", options: [option("a"), option("b")] }),
    label("Boxes", { type: 22, custom_id: "boxes", required: false, options: [option("a"), option("b")] }),
    label("Tick", { type: 23, custom_id: "tick" }),
    label("File", { type: 19, custom_id: "file", required: false }),
  ],
};
const COMMAND = {
  id: "1", name: "kinds", path: "kinds", kind: "slash", description: "One option of each kind", options: [
    { type: 3, name: "text", description: "Text", required: true, max_length: 5 },
    { type: 4, name: "whole", description: "A whole number", required: true, min_value: 1, max_value: 9 },
    { type: 10, name: "number", description: "Any number", required: true },
    { type: 5, name: "yesno", description: "Yes or no", required: true },
    { type: 6, name: "person", description: "A person", required: true },
    { type: 7, name: "channel", description: "A channel", required: true },
    { type: 8, name: "role", description: "A role", required: true },
    { type: 9, name: "anyone", description: "A person or role", required: true },
    { type: 11, name: "file", description: "A file", required: true },
    { type: 3, name: "choice", description: "A choice", required: false, choices: [{ name: "Red", value: "r" }, { name: "Blue", value: "b" }] },
  ],
};

export async function everyControlKind(browser, address) {
  const sent = [];
  const before = async (page) => {
    await page.route("**/api/look?*", async (route) => {
      const answer = await route.fetch();
      const seen = await answer.json();
      const blank = { channel_id: seen.channel, author: seen.bots[0] && { ...seen.bots[0], bot: true, colour: 0 }, content: "", embeds: [], files: [], components: [], posted_at: seen.now, edited_at: null, pinned: false, loading: false, only_for: null, kind: 0, used: null, replies_to: null, thread: null, names: {}, mentions_viewer: false };
      seen.messages = [{ ...blank, id: "900001", content: "Every control", components: CONTROLS }, { ...blank, id: "900002", content: "Later", loading: true }, { ...blank, id: "900003", content: "Yes.", kind: 19, replies_to: "7" }];
      // What it answers is far up in the channel.
      seen.answered = [{ ...blank, id: "7", content: "**Is this** so?" }];
      seen.commands = [COMMAND];
      await route.fulfill({ json: seen });
    });
    await page.route("**/api/act?*", async (route) => {
      const { as, channel, ...what } = route.request().postDataJSON();
      sent.push(what);
      await route.fulfill({ json: { outcome: what.custom_id === "b1" ? { modal: FORM } : { done: true } } });
    });
  };
  const { context, page, pane, desk, complaints } = await open(browser, address, { before });
  const last = async (test) => { for (let tries = 0; tries < 1500 && !test(sent.at(-1) ?? {}); tries += 1) await page.waitForTimeout(20); return sent.at(-1); };
  const message = pane.locator("article").filter({ hasText: "Every control" });
  await pane.getByText("cxbot is thinking …").waitFor();
  await message.locator(".card strong", { hasText: "frame" }).waitFor();

  await pane.locator("article").filter({ hasText: /In answer to cxbot: Is this so\?/ }).filter({ hasText: "Yes." }).waitFor();

  for (const [name, id] of [["Secondary", "b2"], ["Success", "b3"], ["Danger", "b4"], ["Beside", "b9"]]) {
    await message.getByRole("button", { name, exact: true }).click();
    assert.equal((await last((one) => one.custom_id === id)).do, "press", name);
  }
  assert.ok(await message.getByRole("button", { name: "Disabled" }).isDisabled());
  assert.equal(await message.getByRole("link", { name: "Link" }).getAttribute("href"), "https://example.gov/");
  for (const [name, id, choice] of [["One text", "s3", "B"], ["A person", "s5", "Sam Okafor"], ["A role", "s6", "@CX lead"], ["A person or role", "s7", "@CX lead"], ["A channel", "s8", "#cx-pulse"]]) {
    await message.getByRole("combobox", { name, exact: true }).selectOption({ label: choice });
    const one = await last((one) => one.custom_id === id);
    assert.equal(one.do, "select", name);
    assert.equal(one.values.length, 1, name);
  }
  const several = message.getByRole("group", { name: "Several texts" });
  await several.getByLabel("A", { exact: true }).check();
  await several.getByLabel("C", { exact: true }).check();
  await several.getByRole("button", { name: "Choose these" }).click();
  assert.deepEqual((await last((one) => one.custom_id === "s3m")).values, ["a", "c"]);

  await message.getByRole("button", { name: "Primary" }).click();
  const form = desk.dialog();
  await form.getByRole("heading", { name: "Every field" }).waitFor();
  await form.getByRole("button", { name: "Submit" }).click();
  await form.getByText("This is needed.").first().waitFor();
  await form.getByLabel("Old style").fill("far too long for it");
  await form.getByLabel("Long text").fill("ab");
  await form.getByRole("button", { name: "Submit" }).click();
  await form.getByText("At most 10 characters, please.").waitFor();
  await form.getByText("At least 3 characters, please.").waitFor();
  assert.equal(sent.filter((one) => one.do === "submit").length, 0, "a form that is not right is not sent");
  await form.getByLabel("Old style").fill("short");
  await form.getByLabel("Long text").fill("long enough");
  await form.getByLabel("Menu").selectOption({ label: "A" });
  await form.getByLabel("Person").selectOption({ label: "Sam Okafor" });
  await form.getByRole("group", { name: "Radio" }).getByLabel("B", { exact: true }).check();
  await form.getByRole("group", { name: "Boxes" }).getByLabel("A", { exact: true }).check();
  await form.getByLabel("Tick").check();
  await form.getByLabel("File").setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("hi") });
  await form.getByRole("button", { name: "Submit" }).click();
  const { values } = await last((one) => one.do === "submit");
  assert.equal(values.person.length, 1);
  assert.deepEqual({ ...values, person: [] }, { old: "short", long: "long enough", menu: ["a"], person: [], radio: ["b"], boxes: ["a"], tick: true, file: [{ name: "a.txt", base64: "aGk=" }] });
  await form.waitFor({ state: "detached" });

  await desk.line().fill("/kin");
  await page.keyboard.press("Tab");
  const command = pane.getByRole("form", { name: "Command kinds" });
  await command.getByRole("button", { name: "Run" }).click();
  await command.getByText("This is needed.").first().waitFor();
  assert.equal(await command.getByText("This is needed.").count(), 9);
  await command.getByLabel("text", { exact: true }).fill("abcdefg");
  await command.getByLabel("whole").fill("1.5");
  await command.getByLabel("number").fill("two");
  await command.getByRole("button", { name: "Run" }).click();
  for (const why of ["At most 5 characters.", "Write a whole number.", "Write a number."]) await command.getByText(why).waitFor();
  await command.getByLabel("text", { exact: true }).fill("abc");
  await command.getByLabel("whole").fill("7");
  await command.getByLabel("number").fill("2.5");
  await command.getByLabel("yesno").selectOption({ label: "No" });
  await command.getByLabel("person").selectOption({ label: "Sam Okafor" });
  await command.getByLabel("channel").selectOption({ label: "#cx-pulse" });
  await command.getByLabel("role").selectOption({ label: "@CX lead" });
  await command.getByLabel("anyone").selectOption({ label: "@CX lead" });
  await command.getByLabel("choice").selectOption({ label: "Blue" });
  await command.getByLabel("file").setInputFiles({ name: "b.txt", mimeType: "text/plain", buffer: Buffer.from("yo") });
  await command.getByRole("button", { name: "Run" }).click();
  const { options } = await last((one) => one.do === "run");
  assert.equal(options.role, options.anyone);
  for (const name of ["person", "channel", "role", "anyone"]) assert.match(options[name], /^\d+$/, name);
  const { person, channel, role, anyone, ...rest } = options;
  assert.deepEqual(rest, { text: "abc", whole: 7, number: 2.5, yesno: false, choice: "b", file: { name: "b.txt", base64: "eW8=" } });
  assert.deepEqual(complaints, []);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await context.close();
}
