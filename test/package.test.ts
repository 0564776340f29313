import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const lib = join(root, "lib");
const bench = join(root, "bench");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const base = ["errors", "dtype", "shape", "view", "tree", "storage", "table", "markup"];
const graph = [...base, "program", "graph"];
const backends = ["backends", "backends/reference", "backends/native"];
const engine = [...graph, "ops", "runtime", "autodiff", "tensor"];
const library = [...engine, "io", "data", "optim", "nn", "models", "classical"];

/**
 * The layers of lib/, bottom first, each with the layers it may import. A layer is a file or a folder of that
 * name; a nested folder in the list is a layer of its own.
 */
const layers: readonly (readonly [layer: string, mayImport: readonly string[]])[] = [
  ["errors", []],
  ["dtype", ["errors"]],
  ["shape", ["errors", "dtype"]],
  ["view", ["shape"]],
  ["tree", ["errors"]],
  ["storage", ["errors", "dtype"]],
  ["table", []],
  ["markup", []],
  ["program", base],
  ["graph", [...base, "program"]],
  ["ops", graph],
  ["compile", graph],
  // The two machines share the contract and the Program, but no code: each is a check on the other.
  ["backends", [...base, "program"]],
  ["backends/reference", [...base, "program", "backends"]],
  ["backends/native", [...base, "program", "backends"]],
  ["runtime", [...graph, "compile", ...backends]],
  ["autodiff", [...graph, "ops", "runtime"]],
  ["tensor", [...graph, "ops", "runtime", "autodiff"]],
  ["io", engine],
  ["data", [...engine, "io"]],
  ["optim", [...engine, "io", "data"]],
  ["nn", [...engine, "io", "data", "optim"]],
  ["models", [...engine, "io", "data", "optim", "nn"]],
  ["train", [...engine, "io", "data", "optim", "nn"]],
  ["classical", [...engine, "io", "data", "optim", "nn"]],
  // index.ts re-exports; it also shows the Program and the backends to who asks for them.
  ["index", [...library, "compile", ...backends]],
  ["cli", ["index", ...library, "train", "compile", ...backends]],
  // What tests of a backend need of the engine, and what its data is drawn from.
  ["testing", [...engine, "compile", ...backends, "data"]],
  // Adapters use what users have.
  ["tfjs", ["index"]],
  // Runs Programs of its own on the backend in use.
  ["blas", [...base, "program", "ops", "backends", "runtime"]],
];

/** The only packages lib/ imports, and the layer that may. */
const packages: Readonly<Record<string, string>> = {
  commander: "cli",
  "cli-progress": "train",
  "csv-parse/sync": "data",
  "fast-png": "data",
  "jpeg-js": "data",
  "ml-matrix": "classical",
  "@tensorflow/tfjs-core": "tfjs",
};

/** Layer of a path relative to lib/: the longest entry of the table that is a prefix of it. */
function layerOf(path: string): string | undefined {
  const name = path
    .replace(/\.[jt]s$/, "")
    .split(sep)
    .join("/");
  return layers
    .map(([layer]) => layer)
    .filter((layer) => name === layer || name.startsWith(`${layer}/`))
    .sort((a, b) => b.length - a.length)[0];
}

interface Import {
  /** Relative to the folder. */
  readonly file: string;
  readonly specifier: string;
}

/** Every import, re-export and dynamic import in a folder, types included. */
function readImports(folder = lib): Import[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const code = readFileSync(join(folder, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
      const statements = code.matchAll(/(?:^|[\s;}])(?:from|import)\s*\(?\s*"([^"\n]+)"/g);
      return Array.from(statements, (match) => ({ file, specifier: match[1] as string }));
    });
}

/** What is wrong with one import, or undefined. */
function problemOf({ file, specifier }: Import): string | undefined {
  const from = layerOf(file);
  if (from === undefined) return `${file}: belongs to no layer`;
  if (specifier.startsWith("node:")) return undefined;
  if (!specifier.startsWith(".")) {
    return packages[specifier] === from ? undefined : `${file}: must not import the package ${specifier}`;
  }
  const target = relative(lib, resolve(lib, dirname(file), specifier));
  const to = layerOf(target);
  if (to === undefined) return `${file}: imports ${target}, which belongs to no layer`;
  const allowed = layers.find(([layer]) => layer === from)?.[1] ?? [];
  return to === from || allowed.includes(to) ? undefined : `${file}: ${from} must not import ${to} (${specifier})`;
}

describe("layers of lib/", () => {
  it("are listed so that each imports only what stands above it in the table", () => {
    const names = layers.map(([layer]) => layer);
    for (const [layer, mayImport] of layers) {
      const below = names.slice(0, names.indexOf(layer));
      expect(below, `what ${layer} may import`).toEqual(expect.arrayContaining([...mayImport]));
    }
  });

  it("are what every import in lib/ keeps to", () => {
    const imports = readImports();
    expect(imports).toContainEqual({ file: "dtype.ts", specifier: "./errors.js" });
    expect(imports.map(problemOf).filter((problem) => problem !== undefined)).toEqual([]);
  });

  it("have no cycle among the files of ops", () => {
    const targets = new Map<string, string[]>();
    for (const { file, specifier } of readImports()) {
      if (!file.startsWith(`ops${sep}`) || !specifier.startsWith("./")) continue;
      const target = join(dirname(file), specifier.replace(/\.js$/, ".ts"));
      targets.set(file, [...(targets.get(file) ?? []), target]);
    }
    expect(targets.get(join("ops", "reduce.ts"))).toContain(join("ops", "broadcast.ts"));
    // What imports nothing that is left cannot be part of a cycle.
    for (let before = -1; before !== targets.size; ) {
      before = targets.size;
      for (const [file, imported] of targets) if (!imported.some((other) => targets.has(other))) targets.delete(file);
    }
    expect([...targets.keys()]).toEqual([]);
  });

  it("are broken by an upward import, a foreign package or an unknown folder", () => {
    expect(problemOf({ file: "shape.ts", specifier: "./tensor.js" })).toMatch(/shape must not import tensor/);
    expect(problemOf({ file: join("backends", "native", "loader.ts"), specifier: "../reference/run.js" })).toMatch(
      /backends\/native must not import backends\/reference/,
    );
    expect(problemOf({ file: "shape.ts", specifier: "commander" })).toMatch(/must not import the package commander/);
    expect(problemOf({ file: join("misc", "a.ts"), specifier: "../shape.js" })).toMatch(/belongs to no layer/);
  });
});

describe("benchmarks", () => {
  /** Where other packages than nodegrad may be imported. */
  const others: Readonly<Record<string, RegExp>> = { commander: /^harness\/options\.ts$/ };

  /** What is wrong with one import, or undefined: benchmarks see of nodegrad what everybody sees. */
  function problemOfBenchmark({ file, specifier }: Import): string | undefined {
    if (specifier.startsWith("node:")) return undefined;
    if (specifier.startsWith(".")) {
      const target = relative(bench, resolve(bench, dirname(file), specifier));
      return target.startsWith("..") ? `${file}: must not import ${specifier}` : undefined;
    }
    if (specifier === "nodegrad" || specifier.startsWith("nodegrad/")) return undefined;
    const path = file.split(sep).join("/");
    // Peers, and the programs of TensorFlow.js, which is their own peer on other backends.
    const isAllowed = /^(peers|tfjs)\//.test(path) || others[specifier]?.test(path);
    return isAllowed ? undefined : `${file}: must not import the package ${specifier}`;
  }

  it("use nodegrad by its public names, and other libraries in the programs of peers", () => {
    const imports = readImports(bench);
    expect(imports).toContainEqual({ file: "main.ts", specifier: "nodegrad" });
    expect(imports.map(problemOfBenchmark).filter((problem) => problem !== undefined)).toEqual([]);
  });

  it("would be told of an import of something internal", () => {
    expect(problemOfBenchmark({ file: "main.ts", specifier: "../lib/index.js" })).toMatch(/must not import/);
    expect(problemOfBenchmark({ file: join("cases", "a.ts"), specifier: "@tensorflow/tfjs" })).toMatch(
      /must not import the package/,
    );
  });

  it("are in the package, compiled and with what is run as it stands", () => {
    expect(manifest.files).toEqual(expect.arrayContaining(["dist", "bench"]));
    expect(existsSync(join(root, "dist/bench/main.js"))).toBe(true);
  });
});

describe("package", () => {
  const entries = Object.entries<{ types: string; default: string }>(manifest.exports).filter(
    ([, target]) => typeof target !== "string",
  );

  it.each(entries)("exports %s with a built file and its types", (_, target) => {
    expect(existsSync(join(root, target.default)), target.default).toBe(true);
    expect(existsSync(join(root, target.types)), target.types).toBe(true);
  });

  it("has no script that npm runs before or after another by its name alone", () => {
    const names = Object.keys(manifest.scripts);
    expect(names.filter((name) => names.some((other) => [`pre${other}`, `post${other}`].includes(name)))).toEqual([]);
  });

  it("has a built command line", () => {
    expect(existsSync(join(root, manifest.bin.nodegrad))).toBe(true);
  });

  it.each(entries.map(([path]) => path.replace(/^\./, "nodegrad")))(
    "gives require() and import of %s the same names",
    (specifier) => {
      const run = (flags: readonly string[], load: string) =>
        execFileSync(
          process.execPath,
          [...flags, "--no-warnings", "--eval", `console.log(Object.keys(${load}).sort().join())`],
          { cwd: root, encoding: "utf8" },
        );
      const names = run(["--input-type=module"], `await import("${specifier}")`);
      expect(names.trim()).not.toBe("");
      expect(run(["--input-type=commonjs"], `require("${specifier}")`)).toBe(names);
    },
  );

  it("depends at run time on packages under licences that ask for no more than a notice", () => {
    interface Locked {
      readonly license?: string;
      readonly dev?: boolean;
    }
    const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
    const locked = Object.entries<Locked>(lock.packages).filter(([path, { dev }]) => path !== "" && !dev);
    expect(locked.length).toBeGreaterThan(Object.keys(manifest.dependencies).length);
    const permissive = ["MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "BlueOak-1.0.0"];
    expect(locked.filter(([, { license }]) => !permissive.includes(license as string))).toEqual([]);
  });

  it("locks versions without the address of a registry", () => {
    expect(readFileSync(join(root, "package-lock.json"), "utf8")).not.toContain('"resolved"');
  });
});
