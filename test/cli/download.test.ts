/** `nodegrad data download` against a server of this machine, which is tried before those of the world. */

import { existsSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { endingOf, Terminal } from "./support.js";

const terminal = new Terminal();
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let server: Server;
let mirror: string;

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

describe("nodegrad data download", { timeout: 60_000 }, () => {
  it("says what it can bring", async () => {
    const { code, stdout } = await terminal.run("data", "download", "--help");
    expect(code).toBe(0);
    expect(stdout).toMatch(/choices: "mnist", "fashion-mnist",\s+"cifar10"/);
    expect(await terminal.mistake("data", "download", "imagenet")).toMatch(/'imagenet' is invalid.*cifar10/);
    expect(await terminal.mistake("data", "download", "mnist", "--to", "x", "--mirror", "ftp://x")).toMatch(
      /"urls" must/,
    );
    expect(await terminal.mistake("data", "fetch")).toMatch(/unknown command 'fetch'/);
  });

  it("refuses a folder that cannot be made, before anything is fetched", async () => {
    writeFileSync(terminal.path("file"), "");
    expect(await terminal.mistake("data", "download", "mnist", "--to", "file")).toMatch(
      /cannot make folder: "file\/mnist"/,
    );
  });

  it("leaves alone what is there", async () => {
    mkdirSync(terminal.path("there/cifar10"), { recursive: true });
    for (const name of [1, 2, 3, 4, 5].map((i) => `data_batch_${i}`).concat("test_batch")) {
      const path = terminal.path(`there/cifar10/${name}.bin`);
      writeFileSync(path, "");
      truncateSync(path, 10_000 * 3073); // zeros that take no room
    }
    const result = await terminal.json("data", "download", "cifar10", "--to", "there");
    expect(result).toEqual({ command: "data download", dataset: "cifar10", folder: join("there", "cifar10") });
  });

  it.skipIf(process.platform === "win32")("keeps what has arrived when it is interrupted, and goes on", async () => {
    const folder = terminal.path("cut/mnist");
    const part = join(folder, "train-images-idx3-ubyte.gz.part");
    // While it grows, the part has a name of its own.
    const grown = () => {
      const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".part")) : [];
      return names.reduce(
        (most, name) => Math.max(most, statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
        0,
      );
    };
    const bytes = 9_912_422;
    const ranges: (string | undefined)[] = [];
    answer = ({ headers: { range } }, response) => {
      const start = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
      const rest = { "content-range": `bytes ${start}-${bytes - 1}/${bytes}`, "content-length": bytes - start };
      response.writeHead(start > 0 ? 206 : 200, start > 0 ? rest : { "content-length": bytes });
      response.write(Buffer.alloc(3_000_000)); // and no more
      ranges.push(range);
    };
    for (const arrived of [3_000_000, 6_000_000]) {
      const child = terminal.start("data", "download", "mnist", "--to", "cut", "--mirror", mirror);
      const ending = endingOf(child);
      while (grown() < arrived) await new Promise((resolve) => setTimeout(resolve, 20));
      child.kill("SIGINT");
      const { code, stdout, stderr } = await ending;
      expect([code, stdout]).toEqual([130, ""]);
      expect(stderr).toMatch(/^train-images-idx3-ubyte.gz \d+ % .* kB\/s/);
      expect(stderr).toMatch(/\ninterrupted: the same command goes on from here\n$/);
      expect(statSync(part).size).toBe(arrived);
    }
    expect(ranges).toEqual([undefined, "bytes=3000000-"]);
  });
});
