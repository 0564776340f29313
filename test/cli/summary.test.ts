import { describe, expect, it } from "vitest";
import { Terminal } from "./support.js";

const terminal = new Terminal();

describe("nodegrad summary", { timeout: 60_000 }, () => {
  it("prints the table of the course", async () => {
    const { code, stdout } = await terminal.run("summary", "lenet5");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^conv2 +Conv2d +50×14×14 +25,050 +4,900,000 +14×14 +39\.2 kB$/m);
    expect(stdout).toMatch(/^parameters +1,256,080; /m);
  });

  it("tells any of the models as data", async () => {
    const vgg = await terminal.json("summary", "vgg11", "--input", "3,64,64", "--classes", "7");
    expect(vgg).toMatchObject({ command: "summary", model: "vgg11", inputShape: [3, 64, 64] });
    expect((vgg.layers as { outputShape: number[] }[]).at(-1)?.outputShape).toEqual([7]);
    expect(await terminal.json("summary", "resnet20")).toMatchObject({ parameters: 269_722, inputShape: [3, 32, 32] });
  });

  it("reads what train has saved", async () => {
    await terminal.json("train", "lenet5", "--limit", "10");
    expect(await terminal.json("summary", "lenet5.safetensors")).toMatchObject({ parameters: 1_256_080 });
    expect(await terminal.mistake("summary", "lenet5.safetensors", "--classes", "3")).toMatch(/a file has its own/);
  });

  it.each([
    [["lenet6"], /unknown model: "lenet6"; known: lenet5, /],
    [["./lenet5"], /cannot read file: ".\/lenet5"/],
    [["lenet5", "--input", "28,28"], /'28,28' is invalid. It must be three integers/],
    [["lenet5", "--input", "1,0,28"], /'1,0,28' is invalid/],
    [["lenet5", "--input", "3,28,28"], /conv2d: channels differ/],
    [["vgg11", "--input", "3,16,16"], /error: \w+/],
  ])("refuses %j", async (args, message) => {
    expect(await terminal.mistake("summary", ...args)).toMatch(message);
  });
});
