import { spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { unpackCifar10 } from "../../lib/data/download-dataset.js";
import {
  type DatasetName,
  type DownloadFileOptions,
  type DownloadProgress,
  downloadDataset,
  downloadFile,
  loadCifar10,
} from "../../lib/data/index.js";
import { FormatError, NetworkError, OptionError } from "../../lib/errors.js";

const content = randomBytes(100_000);
const sha256 = createHash("sha256").update(content).digest("hex");
const corrupt = Buffer.from(content);
corrupt[50_000] = (corrupt[50_000] as number) ^ 1;

const cifar10Names = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`).concat("test_batch.bin");

/** Makes a file of zeros, which takes no room. */
async function truncate(path: string, length: number): Promise<void> {
  const file = await open(path, "w");
  await file.truncate(length);
  await file.close();
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Where the part that is asked for begins. */
const from = (request: IncomingMessage) => Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);

/** A server as it should be, of some file. */
const serve =
  (bytes: Buffer): Handler =>
  (request, response) => {
    const start = from(request);
    const headers = { "content-length": bytes.length - start };
    if (start === 0) response.writeHead(200, headers);
    else response.writeHead(206, { ...headers, "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` });
    response.end(bytes.subarray(start));
  };

/** The connection to break when so many bytes have arrived. */
let breaking: { readonly position: number; readonly response: ServerResponse } | undefined;

/** Promises the whole rest and breaks the connection after some bytes of it. */
const breakAfter =
  (count: number): Handler =>
  (request, response) => {
    const start = from(request);
    const headers = { "content-length": content.length - start };
    if (start === 0) response.writeHead(200, headers);
    else
      response.writeHead(206, {
        ...headers,
        "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
      });
    if (count === 0) response.destroy();
    else response.write(content.subarray(start, start + count));
    breaking = { position: start + count, response };
  };

const status =
  (code: number): Handler =>
  (_, response) =>
    response.writeHead(code).end("sorry");

describe("downloadFile", () => {
  let server: Server;
  let base: string;
  /** What the server does with each request in turn; the last goes on. */
  let script: Handler[];
  let requests: IncomingMessage[];
  let folder: string;
  let path: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(request);
      const handler = script[Math.min(requests.length, script.length) - 1] as Handler;
      handler(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  beforeEach(async () => {
    requests = [];
    folder = await mkdtemp(join(tmpdir(), "nodegrad-"));
    path = join(folder, "new", "file.bin");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const onProgress = ({ receivedBytes }: DownloadProgress) => {
    if (receivedBytes === breaking?.position) breaking.response.destroy();
  };
  const download = (options: Partial<DownloadFileOptions> = {}) =>
    downloadFile({
      urls: [`${base}/file`],
      path,
      bytes: content.length,
      sha256,
      retryDelayMs: 1,
      onProgress,
      ...options,
    });

  /** The file is there, and nothing else. */
  async function expectWhole(): Promise<void> {
    expect(content.equals(await readFile(path))).toBe(true);
    expect(await readdir(join(folder, "new"))).toEqual(["file.bin"]);
  }

  it("brings a file, tells how far it is, and does not bring it again", async () => {
    script = [serve(content)];
    const seen: DownloadProgress[] = [];
    await download({ onProgress: (progress) => seen.push(progress) });
    await expectWhole();
    expect(seen.at(-1)).toEqual({ path, receivedBytes: 100_000, totalBytes: 100_000 });
    expect(requests[0]?.headers).toMatchObject({ "accept-encoding": "identity" });
    await download();
    expect(requests).toHaveLength(1);
  });

  it("replaces a file with another checksum", async () => {
    script = [serve(content)];
    await mkdir(join(folder, "new"));
    await writeFile(path, corrupt);
    await download();
    await expectWhole();
  });

  it("continues where a connection broke", async () => {
    script = [breakAfter(30_000), breakAfter(30_000), serve(content)];
    await download();
    await expectWhole();
    expect(requests).toHaveLength(3);
    expect(requests.map(from)).toEqual([0, 30_000, 60_000]);
  });

  it("continues what an earlier call left", async () => {
    script = [breakAfter(40_000)];
    await expect(download({ retries: 0 })).rejects.toThrow(NetworkError);
    const left = await readFile(`${path}.part`);
    expect(left.equals(content.subarray(0, 40_000))).toBe(true);
    script = [serve(content)];
    const seen: number[] = [];
    await download({ onProgress: ({ receivedBytes }) => seen.push(receivedBytes) });
    expect(from(requests.at(-1) as IncomingMessage)).toBe(left.length);
    expect(Math.min(...seen)).toBeGreaterThan(left.length);
    await expectWhole();
  });

  it("continues what a process that was killed left, and not what a running one has", async () => {
    script = [serve(content)];
    await mkdir(join(folder, "new"));
    const { pid } = spawnSync(process.execPath, ["--version"]);
    const partOf = (id: number) => join(folder, "new", `.file.bin.${hostname()}.${id}.0.12345678.part`);
    await writeFile(partOf(pid), content.subarray(0, 20_000));
    await writeFile(partOf(process.ppid), content.subarray(0, 30_000));
    await download();
    expect(requests.map(from)).toEqual([20_000]);
    await rm(partOf(process.ppid));
    await expectWhole();
  });

  it("does not disturb other downloads of the same file", async () => {
    // Each request is answered bit by bit, so that all are under way at once.
    script = [
      async (request, response) => {
        const start = from(request);
        const range = start > 0 && { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` };
        response.writeHead(range ? 206 : 200, { "content-length": content.length - start, ...range });
        for (let at = start; at < content.length; at += 10_000) {
          response.write(content.subarray(at, at + 10_000));
          await pause(2);
        }
        response.end();
      },
    ];
    await mkdir(join(folder, "new"));
    await writeFile(`${path}.part`, content.subarray(0, 50_000));
    const later = async (ms: number) => pause(ms).then(() => download({ retries: 0 }));
    await Promise.all([later(0), later(0), later(5), later(10)]);
    await expectWhole();
    expect(requests.map(from).sort((a, b) => a - b)).toEqual([0, 0, 0, 50_000]);
  });

  it("takes what an earlier call completed but could not name", async () => {
    script = [status(500)];
    await mkdir(join(folder, "new"));
    await writeFile(`${path}.part`, content);
    await download();
    expect(requests).toHaveLength(0);
    await expectWhole();
  });

  const redirect =
    (location: string, code = 302): Handler =>
    (_, response) =>
      response.writeHead(code, { location }).end("elsewhere");

  it("follows redirections, and asks for the same part there", async () => {
    script = [breakAfter(30_000), redirect("/other", 301), redirect(`${base}/third`, 308), serve(content)];
    await download();
    await expectWhole();
    expect(requests.map(({ url }) => url)).toEqual(["/file", "/file", "/other", "/third"]);
    expect(requests.map(from)).toEqual([0, 30_000, 30_000, 30_000]);
  });

  it.each([
    ["to a file", "file:///etc/hostname", /redirected from http to "file:\/\/\/etc\/hostname"/],
    ["to data", "data:,x", /redirected from http to "data:,x"/],
    ["nowhere", "http://", /redirected from http to "http:\/\/"/],
  ])("follows no redirection %s", async (_, location, message) => {
    script = [redirect(location)];
    await expect(download()).rejects.toThrow(NetworkError);
    await expect(download()).rejects.toThrow(message);
    await expect(readdir(join(folder, "new"))).resolves.toEqual([]);
  });

  it("does not leave https for http", async () => {
    // As a server of https would answer, for which a test has no certificate.
    const { fetch } = globalThis;
    globalThis.fetch = async () => new Response(null, { status: 302, headers: { location: `${base}/file` } });
    try {
      script = [serve(content)];
      const failure = download({ urls: ["https://example.org/file"] });
      await expect(failure).rejects.toThrow(/redirected from https to "http:/);
    } finally {
      globalThis.fetch = fetch;
    }
    expect(requests).toHaveLength(0);
  });

  it("starts over where the server knows no ranges", async () => {
    const whole: Handler = (_, response) => response.writeHead(200).end(content);
    script = [breakAfter(30_000), whole];
    await download();
    await expectWhole();
  });

  it.each([
    ["corrupt", corrupt.subarray(0, 70_000)],
    ["too long", Buffer.concat([content, Buffer.alloc(5)])],
    ["of another file, and as long as this one", corrupt],
  ])("gets rid of a beginning that is %s", async (_, beginning) => {
    script = [serve(content)];
    await mkdir(join(folder, "new"));
    await writeFile(`${path}.part`, beginning);
    await download();
    await expectWhole();
  });

  it("tries again after errors that pass", async () => {
    script = [status(503), status(429), status(500), serve(content)];
    await download();
    await expectWhole();
  });

  it("goes from mirror to mirror, and does not go back to one that has another file", async () => {
    script = [status(404), serve(corrupt), breakAfter(10_000), serve(content)];
    const urls = ["/a", "/b", "/c"].map((name) => base + name);
    await download({ urls });
    expect(requests.map(({ url }) => url)).toEqual(["/a", "/b", "/c", "/c"]);
    await expectWhole();
  });

  it.each<[string, Handler, new (message: string) => Error, number, RegExp]>([
    ["is missing", status(404), NetworkError, 1, /file: status 404$/],
    ["is forbidden", status(403), NetworkError, 1, /status 403/],
    ["fails every time", status(500), NetworkError, 3, /status 500$/],
    [
      "breaks every time",
      breakAfter(0),
      NetworkError,
      3,
      /file: (other side closed|terminated|UND_ERR_SOCKET|ECONNRESET)$/,
    ],
    ["is another file", serve(corrupt), FormatError, 1, /the checksum is another$/],
    ["is shorter", serve(content.subarray(1)), NetworkError, 1, /a file of 99999 bytes instead of 100000/],
    ["is longer", serve(Buffer.concat([content, content])), NetworkError, 1, /a file of 200000 bytes/],
    [
      "is longer than nobody said",
      (_, response) => response.writeHead(200).end(Buffer.concat([content, content])),
      NetworkError,
      1,
      /more than the 100000 bytes of the file/,
    ],
    [
      "ends early without anybody having said",
      (_, response) => response.writeHead(200).end(content.subarray(0, 100)),
      NetworkError,
      3,
      /ended after 100 of 100000 bytes/,
    ],
    [
      "is a part nobody asked for",
      (_, response) => response.writeHead(206, { "content-range": "bytes 5-9/10" }).end("12345"),
      NetworkError,
      1,
      /another part than was asked for: "bytes 5-9\/10"/,
    ],
    [
      "is compressed on the way",
      (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(content)),
      NetworkError,
      1,
      /encoded as gzip/,
    ],
    ["is no content", status(204), NetworkError, 3, /status 204/],
    [
      "is behind redirections without end",
      (_, response) => response.writeHead(302, { location: "/file" }).end(),
      NetworkError,
      6,
      /file: more than 5 redirections$/,
    ],
  ])("says so when the file %s", async (_, handler, type, attempts, message) => {
    script = [handler];
    const failure = await download({ retries: 2 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(type);
    expect(failure).toMatchObject({ name: type.name, code: type === FormatError ? "FORMAT" : "NETWORK" });
    expect((failure as Error).message).toMatch(/^downloadFile: cannot download ".*file.bin": http/);
    expect((failure as Error).message).toMatch(message);
    expect(requests).toHaveLength(attempts);
    await expect(readFile(path)).rejects.toThrow("ENOENT");
  });

  it("refuses a wrong part of a file that it asked for", async () => {
    script = [
      (_, response) => {
        response.writeHead(206, { "content-range": `bytes 0-${content.length - 1}/${content.length}` }).end(content);
      },
    ];
    await mkdir(join(folder, "new"));
    await writeFile(`${path}.part`, content.subarray(0, 10));
    await expect(download()).rejects.toThrow(/another part than was asked for/);
  });

  it("does not wait for ever: before the reply and within it", async () => {
    const stall: Handler = (_, response) => {
      response.writeHead(200, { "content-length": content.length }).write(content.subarray(0, 1000));
    };
    script = [() => {}, stall, serve(content)];
    await download({ timeoutMs: 100 });
    await expectWhole();
    expect(requests).toHaveLength(3);
    script = [() => {}];
    await rm(path);
    await expect(download({ timeoutMs: 20, retries: 1 })).rejects.toThrow(/no bytes for 20 ms$/);
  });

  it("ends with what onProgress throws", async () => {
    script = [serve(content)];
    const mine = new TypeError("mine");
    const onProgress = () => {
      throw mine;
    };
    await expect(download({ onProgress })).rejects.toBe(mine);
    expect(requests).toHaveLength(1);
  });

  it("keeps what it has when a server has less", async () => {
    script = [status(416)];
    await mkdir(join(folder, "new"));
    await writeFile(`${path}.part`, content.subarray(0, 99_000));
    await expect(download()).rejects.toThrow(/status 416$/);
    expect((await readFile(`${path}.part`)).length).toBe(99_000);
    expect(requests).toHaveLength(1);
  });

  it("says when nobody answers", async () => {
    await expect(download({ urls: ["http://127.0.0.1:1/file"], retries: 0 })).rejects.toThrow(NetworkError);
  });

  it("ends when it is told to, in the middle of a file or of waiting", async () => {
    const stall: Handler = (_, response) => {
      response.writeHead(200, { "content-length": content.length }).write(content.subarray(0, 1000));
    };
    script = [stall];
    const reason = new Error("enough");
    const inFile = new AbortController();
    await expect(download({ signal: inFile.signal, onProgress: () => inFile.abort(reason) })).rejects.toBe(reason);
    expect((await readFile(`${path}.part`)).length).toBe(1000);
    script = [status(503)];
    const waiting = download({ signal: AbortSignal.timeout(50), retryDelayMs: 60_000 });
    await expect(waiting).rejects.toThrow(/timeout/i);
  });

  it("says when it cannot write, without asking other servers", async () => {
    script = [serve(content)];
    await writeFile(join(folder, "new"), "a file, not a folder");
    await expect(download()).rejects.toThrow(/downloadFile: cannot make folder/);
    await rm(join(folder, "new"));
    await mkdir(path, { recursive: true });
    const failure = await download({ urls: [`${base}/a`, `${base}/b`] }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OptionError);
    expect((failure as Error).message).toMatch(/cannot write file.*EISDIR/);
    expect(requests).toHaveLength(1);
  });

  it.each<[object, RegExp]>([
    [{ urls: [] }, /"urls" must be http or https addresses, at least one, got \[\]/],
    [{ urls: ["file:///etc/passwd"] }, /"urls"/],
    [{ path: 5 }, /"path" must be a string, got 5/],
    [{ sha256: "abc" }, /"sha256" must be 64 hexadecimal digits/],
    [{ bytes: 0 }, /"bytes"/],
    [{ timeoutMs: 0 }, /"timeoutMs"/],
    [{ retries: -1 }, /"retries"/],
    [{ retryDelayMs: -1 }, /"retryDelayMs"/],
    [{ onProgress: 5 }, /"onProgress" must be a function/],
    [{ signal: 5 }, /"signal" must be an AbortSignal/],
    [{ url: "x" }, /did you mean "urls"/],
  ])("refuses %j", async (options, message) => {
    await expect(download(options)).rejects.toThrow(OptionError);
    await expect(download(options)).rejects.toThrow(message);
  });

  describe("downloadDataset", () => {
    it("asks the mirrors that are given first", async () => {
      const control = new AbortController();
      const reason = new Error("seen enough");
      script = [() => control.abort(reason)];
      const attempt = downloadDataset("mnist", folder, { mirrors: [`${base}/mirror`], signal: control.signal });
      await expect(attempt).rejects.toBe(reason);
      expect(requests.map(({ url }) => url)).toEqual(["/mirror/train-images-idx3-ubyte.gz"]);
    });

    it("keeps CIFAR-10 as it is when all of it is there", async () => {
      await mkdir(join(folder, "cifar10"));
      for (const name of cifar10Names) await truncate(join(folder, "cifar10", name), 30_730_000);
      expect(await downloadDataset("cifar10", folder, { mirrors: [base] })).toBe(join(folder, "cifar10"));
      expect(requests).toHaveLength(0);
    });

    it.each<[unknown, unknown, object, RegExp]>([
      ["cifar100", "d", {}, /name must be one of mnist, fashion-mnist, cifar10, got "cifar100"/],
      ["toString", "d", {}, /name must be/],
      ["mnist", undefined, {}, /dir must be a string/],
      ["mnist", "d", { mirror: "x" }, /did you mean "mirrors"/],
    ])("refuses %j, %j, %j", async (name, dir, options, message) => {
      await expect(downloadDataset(name as DatasetName, dir as string, options)).rejects.toThrow(OptionError);
      await expect(downloadDataset(name as DatasetName, dir as string, options)).rejects.toThrow(message);
    });
  });
});

describe("the archive of CIFAR-10", () => {
  /** A file in a tar archive. */
  function entry(name: string, bytes: Uint8Array, type = "0"): Buffer {
    const header = Buffer.alloc(512);
    header.write(name);
    header.write("0000644\0", 100);
    header.write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write(`        ${type}ustar\0`, 148);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return Buffer.concat([header, bytes, Buffer.alloc(-bytes.length & 511)]);
  }

  const record = (label: number) => Buffer.concat([Buffer.of(label), Buffer.alloc(3072, label)]);
  const entries = cifar10Names.map((name, label) => entry(`cifar-10-batches-bin/${name}`, record(label)));
  const end = Buffer.alloc(1024);

  let folder: string;
  let archive: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nodegrad-"));
    archive = join(folder, "a.tar.gz");
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function unpack(...parts: Buffer[]): Promise<void> {
    await writeFile(archive, gzipSync(Buffer.concat(parts)));
    await unpackCifar10(archive, folder, 3073);
  }

  it("is unpacked, and removed", async () => {
    await unpack(
      entry("cifar-10-batches-bin/", Buffer.alloc(0), "5"),
      entry("cifar-10-batches-bin/readme.html", Buffer.alloc(100_000)),
      ...entries,
      end,
    );
    expect((await readdir(folder)).sort()).toEqual(cifar10Names);
    expect((await loadCifar10(folder)).labels).toEqual(Uint8Array.of(0, 1, 2, 3, 4));
    expect((await loadCifar10(folder, { split: "test" })).labels).toEqual(Uint8Array.of(5));
  });

  it("cannot write elsewhere, nor anything else", async () => {
    const outside = [
      entry("../../evil.bin", record(0)),
      entry("/etc/evil", record(0)),
      entry("../data_batch_1.bin", record(9)),
      entry("link", Buffer.alloc(0), "2"),
    ];
    await unpack(...outside, ...entries.slice(1), end);
    expect((await readdir(folder)).sort()).toEqual(cifar10Names);
    expect((await loadCifar10(folder)).labels[0]).toBe(9);
  });

  it.each<[string, Buffer[], RegExp]>([
    ["lacks a file", [...entries.slice(1), end], /lacks data_batch_1.bin$/],
    [
      "has a link for a file",
      [entry(cifar10Names[0] as string, Buffer.alloc(0), "2"), ...entries.slice(1), end],
      /lacks data_batch_1/,
    ],
    [
      "has a file of another length",
      [entry(cifar10Names[0] as string, Buffer.alloc(10))],
      /"data_batch_1.bin" has 10 bytes instead of 3073/,
    ],
    ["ends early", [...entries.slice(0, 2), (entries[2] as Buffer).subarray(0, 2000)], /ends in the middle/],
    ["has no end", entries, /ends in the middle/],
    ["claims a size beyond itself", [entry("x", Buffer.alloc(0)).fill("7", 124, 135), end], /another checksum/],
    ["is no archive", [Buffer.alloc(512, 65)], /no octal number/],
  ])("is refused when it %s", async (_, parts, message) => {
    await expect(unpack(...parts)).rejects.toThrow(FormatError);
    await expect(unpack(...parts)).rejects.toThrow(message);
  });

  it("is refused when it is not compressed, or cut", async () => {
    await writeFile(archive, Buffer.concat([...entries, end]));
    await expect(unpackCifar10(archive, folder, 3073)).rejects.toThrow(/corrupt archive, incorrect header check/);
    await writeFile(archive, gzipSync(Buffer.concat([...entries, end])).subarray(0, 100));
    await expect(unpackCifar10(archive, folder, 3073)).rejects.toThrow(FormatError);
    await expect(unpackCifar10(join(folder, "none"), folder, 3073)).rejects.toThrow(/ENOENT/);
  });
});
