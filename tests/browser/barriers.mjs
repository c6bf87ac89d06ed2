// Looks for barriers with axe-core: every state of the page, light and dark, wide and narrow. With SHOTS=FOLDER it leaves pictures.
import assert from "node:assert/strict";
import axe from "axe-core";
import { open } from "./page.mjs";

const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };

export async function noBarriers(browser, address) {
  for (const colorScheme of ["light", "dark"]) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const { context, page, pane, desk } = await open(browser, address, { colorScheme, viewport, reducedMotion: "reduce" });
      const look = async (what) => {
        const where = `${what}, ${colorScheme}, ${size}`;
        if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${where.replace(/\W+/g, "-")}.png` });
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
        const words = violations.map((one) => `${one.id}: ${one.help}\n${one.nodes.map((node) => `  ${node.html}\n  ${node.failureSummary}`).join("\n")}`);
        assert.equal(words.join("\n"), "", `barriers in: ${where}`);
        const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(beyond <= 0, `the page is wider than the window by ${beyond} px in: ${where}`);
      };
      await look("first sight");
      await desk.goes("cx-recognition");
      await desk.runs("nominate", { person: "Owen Gallagher" });
      await desk.reads("Nominating");
      await look("controls in a private message");
      await desk.presses("Tell what happened");
      await desk.dialog().waitFor();
      await desk.dialog().getByRole("button", { name: "Submit" }).click();
      await look("a form that says what is missing");
      await page.keyboard.press("Escape");
      await desk.dialog().waitFor({ state: "detached" });
      await desk.presses("Discard");
      await desk.line().fill("/");
      await look("the commands");
      await desk.line().fill("");
      await desk.line().fill("/lesson schedule ");
      await pane.getByRole("form", { name: "Command lesson schedule" }).getByRole("option").first().waitFor();
      await look("options and suggestions");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Escape");
      if (size === "narrow") {
        await pane.getByRole("button", { name: "Channels" }).click();
        await look("channels as a drawer");
        await pane.getByRole("button", { name: "Channels" }).click();
        await pane.getByRole("button", { name: /People; you are/ }).click();
        await look("people as a drawer");
      }
      await pane.getByRole("button", { name: "Menu for Sam Okafor" }).click();
      await look("a menu");
      await page.keyboard.press("Escape");
      if (size === "narrow") await pane.getByRole("button", { name: /People; you are/ }).click();
      await desk.goes("cx-general");
      await desk.runs("index");
      await desk.reads("Public-facing:");
      for (const panel of ["Tour", "What is coming", "Backstage"]) {
        await page.getByRole("button", { name: panel, exact: true }).click();
        await page.getByRole("complementary", { name: panel }).locator(".tour li, .coming li, .empty, .entry").filter({ hasNotText: "Looking …" }).first().waitFor();
        await look(panel);
        if (size === "narrow") await page.getByRole("button", { name: `Close ${panel}` }).click();
      }
      if (size === "wide") {
        await page.getByRole("button", { name: "Two people" }).click();
        await page.locator("section.pane").nth(1).locator(".messages").waitFor();
        await look("two people");
      }
      await context.close();
    }
  }
}
