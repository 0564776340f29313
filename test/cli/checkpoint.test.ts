/** Trainings that are interrupted, and go on. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { endingOf, few, Terminal, written } from "./support.js";

const terminal = new Terminal();

describe("nodegrad train", { timeout: 120_000 }, () => {
  const train = ["train", "lenet5", ...few, "--schedule", "constant"];

  it("goes on from a checkpoint to the same bits", async () => {
    const whole = await terminal.json(...train, "--epochs", "3", "--output", "whole.safetensors");
    const files = ["--checkpoint", "training", "--resume", "--history", "history.csv", "--output", "parts.safetensors"];
    const half = await terminal.json(...train, "--epochs", "1", ...files);
    expect(half.weights).not.toBe(whole.weights);
    const rest = await terminal.json(...train, "--epochs", "3", ...files);
    expect(rest.weights).toBe(whole.weights);
    const history = readFileSync(terminal.path("history.csv"), "utf8").trim().split("\n");
    expect(history[0]).toBe("epoch,step,seconds,loss,accuracy,validationLoss,validationAccuracy");
    expect(history.slice(1).map((line) => line.split(",")[0])).toEqual(["1", "2", "3"]);
    // Once more there is nothing left to do.
    expect((await terminal.json(...train, "--epochs", "3", ...files)).weights).toBe(whole.weights);
    for (const [args, message] of [
      [["--seed", "1"], /^error: loadCheckpoint: .* is of a training with seed 0, got 1$/m],
      [["--optimizer", "adam"], /^error: .*$/m],
    ] as const) {
      const { code, stderr } = await terminal.run(...train, ...args, ...files);
      expect(stderr).toMatch(message);
      expect([code, stderr.trim().split("\n").length]).toEqual([1, 1]);
    }
  });

  it.skipIf(process.platform === "win32")("ends in order by Ctrl-C, and goes on", async () => {
    const files = ["--checkpoint", "long", "--resume", "--output", "long.safetensors"];
    const child = terminal.start(...train, "--epochs", "1000", ...files);
    const ending = endingOf(child);
    await written(child, /epoch 2\/1000: /);
    child.kill("SIGINT");
    const { code, stderr } = await ending;
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /\ninterrupted: long.safetensors is as of epoch \d+ of 1000; --resume goes on from there\n$/,
    );
    expect(readdirSync(terminal.folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    await terminal.json("eval", "long.safetensors", "--limit", "40");
    // Everything is done that two epochs ask for: it only tests what is there.
    const resumed = await terminal.json(...train, "--epochs", "2", ...files);
    const whole = await terminal.json(...train, "--epochs", "2");
    expect(Number(resumed.epochs)).toBe(2);
    expect(resumed.trainLoss).toBeLessThanOrEqual(whole.trainLoss as number);
  });

  it.skipIf(process.platform === "win32")("says that nothing is saved when it is interrupted at once", async () => {
    const child = terminal.start("train", "lenet5", "--limit", "12000", "--batch", "8", "--output", "none.safetensors");
    const ending = endingOf(child);
    await written(child, /images to train on/);
    child.kill("SIGINT");
    expect(await ending).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/^interrupted: no epoch was finished/m),
    });
    expect(existsSync(terminal.path("none.safetensors"))).toBe(false);
  });

  it.skipIf(process.platform === "win32")("goes on from the middle of an epoch to the same bits", async () => {
    const args = ["train", "lenet5", "--limit", "320", "--batch", "8", "--output", "middle.safetensors"];
    const files = ["--checkpoint", "middle", "--checkpoint-every", "3", "--resume"];
    const child = terminal.start(...args, ...files);
    const ending = endingOf(child);
    await written(child, /epoch 1\/1 20 %/);
    child.kill("SIGINT");
    expect(await ending).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/nothing is saved; --resume goes on/),
    });
    const resumed = await terminal.json(...args, ...files);
    expect(resumed.weights).toBe((await terminal.json(...args)).weights);
  });

  it("writes a report", async () => {
    const report = ["--report", "report.html", "--epochs", "2", "--crop", "2", "--output", "reported.safetensors"];
    const { testAccuracy } = await terminal.json(...train, ...report);
    const page = readFileSync(terminal.path("report.html"), "utf8");
    for (const text of [
      "lenet5 on digits",
      "augmentation",
      `${(100 * (testAccuracy as number)).toFixed(2)} %`,
      "conv2",
    ]) {
      expect(page).toContain(text);
    }
    expect(page).not.toContain("reloads itself");
  });

  it("stops when validation no longer improves, and keeps the best", async () => {
    const args = ["--epochs", "50", "--patience", "1", "--lr", "2", "--history", "stopped.json"];
    const { testLoss, validation } = await terminal.json(
      "train",
      "lenet5",
      ...few,
      ...args,
      "--output",
      "best.safetensors",
    );
    expect(validation).toBe(0.1);
    const rows = JSON.parse(readFileSync(terminal.path("stopped.json"), "utf8"));
    expect(rows.length).toBeLessThan(50);
    expect((await terminal.json("eval", "best.safetensors", "--limit", "100")).testLoss).toBe(testLoss);
  });
});
