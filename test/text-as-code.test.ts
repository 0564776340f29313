/** No text becomes code: what is shipped has no eval, no shell, and loads no module that it did not name itself. */

import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What is shipped, and run as it stands. */
const FOLDERS = ["dist", "native/tools", "packages/tfjs-node/dist"];

/** Functions that make code of a text, wherever they come from. */
const EVALUATING = ["eval", "Function", "AsyncFunction", "GeneratorFunction"];

/** Functions that take a text for code where it stands in the place of a function. */
const SCHEDULING = ["setTimeout", "setInterval", "setImmediate"];

/** Modules that there is no good use of here. */
const MODULES = ["vm", "repl", "inspector", "module/register"];

/** Functions of `child_process` that run a shell, which takes texts apart. */
const SHELLS = ["exec", "execSync"];

/** Modules and libraries that are loaded by a name that is not written there, and why that is right. */
const NAMED_ELSEWHERE: Readonly<Record<string, string>> = {
  "dist/backends/native/loader.js": "the addon: where it is built, or NODEGRAD_BINARY",
  "dist/cli/build.js": "a script of the package's own",
  "dist/data/worker.js": "the module of the caller's own data set",
  "native/tools/toolchain.js": "npm's own node-gyp",
};

/** What is wrong with loading one. */
const LOADS = "loads what a value names";

/** What in a file makes code of a text. */
function problemsOf(code: string): string[] {
  const file = ts.createSourceFile("a.js", code, ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const problems: string[] = [];
  const visit = (node: ts.Node): void => {
    const problem = problemOf(node);
    if (problem !== undefined) problems.push(problem);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return problems;
}

function problemOf(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node) && EVALUATING.includes(node.text) && !isOwnName(node)) return `mentions ${node.text}`;
  if (ts.isStringLiteralLike(node) && isModuleName(node) && MODULES.includes(node.text.replace(/^node:/, ""))) {
    return `imports ${node.text}`;
  }
  if (ts.isPropertyAssignment(node) && node.name.getText() === "shell") return "sets the option shell";
  if (!ts.isCallExpression(node)) return undefined;
  const called = calledName(node);
  const [first] = node.arguments;
  if (SHELLS.includes(called) && !ts.isPropertyAccessExpression(node.expression)) return `runs a shell by ${called}`;
  if (SCHEDULING.includes(called) && first !== undefined && isText(first)) return `hands a text to ${called}`;
  const isLoading = node.expression.kind === ts.SyntaxKind.ImportKeyword || /\brequire$|createRequire/.test(called);
  if (isLoading && first !== undefined && !ts.isStringLiteralLike(first) && !isOwnUrl(first)) return LOADS;
  return undefined;
}

/** Whether an identifier only names a property of something: `model.eval()`, `{ eval: … }`, a method of a class. */
function isOwnName({ parent, text }: ts.Identifier): boolean {
  if (ts.isPropertyAccessExpression(parent))
    return parent.name.text === text && parent.expression.getText() !== "globalThis";
  return (ts.isMethodDeclaration(parent) || ts.isPropertyAssignment(parent)) && parent.name.getText() === text;
}

function isModuleName({ parent }: ts.Node): boolean {
  return ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || ts.isCallExpression(parent);
}

/** `f` of `f(…)`, and of `createRequire(…)(…)` the inner one. */
function calledName({ expression }: ts.CallExpression): string {
  return ts.isCallExpression(expression) ? calledName(expression) : (expression.getText().split(".").at(-1) as string);
}

function isText(node: ts.Node): boolean {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || ts.isBinaryExpression(node);
}

/** `import.meta.url`, which `createRequire` takes. */
function isOwnUrl(node: ts.Node): boolean {
  return node.getText() === "import.meta.url";
}

/** The scripts in a folder. */
function scriptsOf(folder: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" });
  return names.filter((name) => /\.[cm]?js$/.test(name)).map((name) => [folder, ...name.split(sep)].join("/"));
}

describe("what is shipped", () => {
  const problems = new Map(
    FOLDERS.flatMap(scriptsOf).map((name) => [name, problemsOf(readFileSync(join(root, name), "utf8"))]),
  );

  it.each(FOLDERS)("has scripts in %s", (folder) => {
    expect([...problems.keys()].filter((name) => name.startsWith(`${folder}/`)).length).toBeGreaterThan(2);
  });

  it("makes no code of a text, but for modules and libraries by a name that others give", () => {
    const found = [...problems].filter(([, those]) => those.length > 0);
    const allowed = Object.keys(NAMED_ELSEWHERE).map((name) => [name, [LOADS]]);
    expect(found.map(([name, those]) => [name, [...new Set(those)]]).sort()).toEqual(allowed.sort());
  });
});

describe("the search", () => {
  it.each([
    ["eval(text);", "mentions eval"],
    ["const f = globalThis.eval;", "mentions eval"],
    ["new Function(text)();", "mentions Function"],
    ["[].map(Function);", "mentions Function"],
    ['import vm from "node:vm";', "imports node:vm"],
    ['const { runInThisContext } = await import("vm");', "imports vm"],
    ['exec("ls " + name);', "runs a shell by exec"],
    ["spawn(name, [], { shell: true });", "sets the option shell"],
    ['setTimeout("f(" + name + ")", 1);', "hands a text to setTimeout"],
    ["await import(name);", LOADS],
    ["require(name);", LOADS],
    ["createRequire(import.meta.url)(path);", LOADS],
  ])("finds %s", (code, problem) => {
    expect(problemsOf(code)).toEqual([problem]);
  });

  it.each([
    "model.eval();",
    "class Module { eval() {} }",
    "/(a)/.exec(text);",
    'await import("./a.js");',
    'createRequire(import.meta.url)("./a.json");',
    "setTimeout(() => f(text), 1);",
  ])("passes over %s", (code) => {
    expect(problemsOf(code)).toEqual([]);
  });
});
