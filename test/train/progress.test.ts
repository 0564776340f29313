import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { progress } from "../../lib/train/progress.js";

/** A stream that keeps what is written, and a clock that is set by hand. */
function setUp(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120 });
  const clock = { ms: 0 };
  const text = () => stripVTControlCharacters(String(stream.read() ?? ""));
  return { stream, clock, text, now: () => clock.ms };
}

describe("progress in a log", () => {
  it("writes a line for every tenth", () => {
    const { stream, clock, text, now } = setUp(false);
    const shown = progress(1000, { stream, label: "epoch 1/2", now });
    for (let done = 50; done <= 1000; done += 50) {
      clock.ms = done * 10;
      shown.update(done, { loss: 1 / done, accuracy: done / 2000 });
    }
    shown.stop();
    const lines = text().split("\n");
    expect(lines).toHaveLength(11);
    expect(lines[0]).toBe("epoch 1/2 10 %  loss 0.0100  accuracy 5.00 %  100 images/s  9 s left");
    expect(lines[4]).toBe("epoch 1/2 50 %  loss 0.0020  accuracy 25.00 %  100 images/s  5 s left");
    expect(lines[9]).toBe("epoch 1/2 100 %  loss 0.0010  accuracy 50.00 %  100 images/s  0 s left");
    expect(lines[10]).toBe("");
  });

  it("writes each tenth once, however small the steps, and skips those jumped over", () => {
    const { stream, text, now } = setUp(false);
    const shown = progress(60_000, { stream, now });
    for (let done = 1; done <= 12_000; done++) shown.update(done);
    shown.update(54_000);
    shown.update(54_000);
    expect(text()).toBe("10 %\n20 %\n90 %\n");
  });

  it("is complete at once when there is nothing to do", () => {
    const { stream, text, now } = setUp(false);
    progress(0, { stream, now }).update(0);
    expect(text()).toBe("100 %\n");
  });

  it.each([
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "Infinity"],
    [1.8528311835844997e28, "1.853e+28"],
    [1e6, "1.000e+6"],
    [999_999, "999999.0000"],
  ])("shows the loss %d as %s, and leaves out what is not known", (loss, shown) => {
    const { stream, text, now } = setUp(false);
    progress(10, { stream, now }).update(5, { loss });
    expect(text()).toBe(`50 %  loss ${shown}\n`);
  });

  it.each([
    [59_000, "59 s"],
    [60_000, "1 min 0 s"],
    [3_599_000, "59 min 59 s"],
    [12_000_000, "3 h 20 min"],
  ])("says that %i ms are %s", (ms, time) => {
    const { stream, clock, text, now } = setUp(false);
    const shown = progress(2, { stream, now });
    clock.ms = ms;
    shown.update(1);
    expect(text()).toContain(`  ${time} left\n`);
  });
});

describe("progress", () => {
  it("refuses what is no total, and unknown options", () => {
    const { stream, now } = setUp(false);
    expect(() => progress(Number.NaN, { stream })).toThrow('progress: option "total" must be an integer');
    expect(() => progress(1, { stream, now, lable: "x" } as object)).toThrow('did you mean "label"?');
  });
});

describe("progress on a terminal", () => {
  it("leaves the terminal wrapping its lines, and fits into one", () => {
    const { stream, now } = setUp(true);
    stream.columns = 40;
    const shown = progress(10, { stream, label: "epoch 1/1", now });
    shown.update(5, { loss: 0.25, accuracy: 0.875 });
    shown.stop();
    const drawn = String(stream.read());
    expect(drawn).toMatch(/epoch 1\/1 █+░+/);
    expect(drawn).not.toContain("\x1b[?7l");
    for (const line of stripVTControlCharacters(drawn).trimEnd().split("epoch").slice(1)) {
      expect("epoch".length + line.length).toBeLessThanOrEqual(40);
    }
  });

  it("draws a bar, and its final state", () => {
    const { stream, clock, text, now } = setUp(true);
    const listeners = process.listenerCount("SIGINT");
    const shown = progress(2000, { stream, label: "epoch {1}", now });
    clock.ms = 1000;
    shown.update(1500, { loss: 0.25, accuracy: 0.875 });
    // Ctrl-C still ends the process.
    expect(process.listenerCount("SIGINT")).toBe(listeners);
    shown.stop();
    const drawn = text();
    expect(drawn).toContain("epoch {1} ░░░░░░░░░░░░░░░░░░░░░░░░ 0 %");
    expect(drawn).toContain("██████████████████░░░░░░ 75 %  loss 0.2500  accuracy 87.50 %  1,500 images/s  1 s left");
  });
});
