/** Every public function, constructor and method of a module, found in the module itself. */

/** Something a caller can call. */
export interface Callable {
  /** `"add"`, `"Linear"` for `new Linear(…)`, `"Linear.forward"`, `"sgemm.ndarray"`. */
  readonly name: string;
  /** @param args Of a method: its object, then its arguments. */
  call(args: readonly unknown[]): unknown;
  /** Whether the first argument is the object of a method. */
  readonly isMethod: boolean;
}

type Func = (...args: unknown[]) => unknown;
type Class = new (...args: unknown[]) => object;

/**
 * Methods that are on prototypes but not public: TypeScript's `private` and `protected`, and what is marked as internal.
 * A name is here for every class that has it.
 */
const NOT_PUBLIC = new Set([
  // Module and layers
  ..."members unused ownVariables unusedPaths visit channelAxis batchMoments track branch".split(" "),
  ..."checkInputs headsOf runs unroll".split(" "),
  // optimisers
  ..."rule slots gradients replaceGradients rules losses emptyWaiting dropGradients".split(" "),
  // classical systems
  ..."learned fitWith check operation learn decide separate margin kernels maximise search vote".split(" "),
  ..."discriminate centred shrunk estimate leastSquares leastDeviations descend marginsOf describe checkBinary".split(
    " ",
  ),
  // models
  ..."write step attend continue read".split(" "),
  // tensors and variables
  ..."resolve advance revert".split(" "),
]);

/** Names above that are public in some classes. */
const PUBLIC_HERE = new Set(["Optimizer.step", "CharLSTM.advance", "QuestionAnswerer.advance"]);

/** Methods of names that are public elsewhere, and constructors that are not for callers. */
const NOT_PUBLIC_HERE = new Set([
  ...["SoftmaxClassifier.loss", "LinearSVM.loss", "LinearClassifier.loss", "Captioner.encode"],
  ...["Tensor", "Variable", "Recurrent", "RecurrentCell", "ModelSummary", "Residual", "BatchNorm"],
]);

/**
 * What of a module can be called.
 *
 * @param exported Everything the package exports: an inherited method is listed once, with the class that has it.
 */
export function callablesOf(module: object, exported: ReadonlySet<unknown>): Callable[] {
  const found = new Map<string, Callable>();
  const add = (callable: Callable) => {
    if (!NOT_PUBLIC_HERE.has(callable.name) && !found.has(callable.name)) found.set(callable.name, callable);
  };
  for (const [name, value] of Object.entries(module)) {
    if (typeof value !== "function") continue;
    if (!isClass(value)) {
      add({ name, isMethod: false, call: (args) => (value as Func)(...args) });
      for (const [property, member] of Object.entries(value)) {
        if (typeof member !== "function") continue;
        add({ name: `${name}.${property}`, isMethod: false, call: (args) => (member as Func)(...args) });
      }
      continue;
    }
    add({ name, isMethod: false, call: (args) => new (value as Class)(...args) });
    for (const callable of methodsOf(name, value as Class, exported)) add(callable);
  }
  return [...found.values()];
}

function isClass(value: object): boolean {
  return Function.prototype.toString.call(value).startsWith("class");
}

/** The methods of a class and of its ancestors that the module does not export. */
function* methodsOf(name: string, of: Class, exported: ReadonlySet<unknown>): Generator<Callable> {
  for (let prototype = of.prototype; prototype !== null; prototype = Object.getPrototypeOf(prototype)) {
    if (prototype === Object.prototype || prototype === Error.prototype) return;
    if (prototype !== of.prototype && exported.has(prototype.constructor)) return;
    for (const key of Reflect.ownKeys(prototype)) {
      const { value } = Object.getOwnPropertyDescriptor(prototype, key) as PropertyDescriptor;
      if (key === "constructor" || typeof value !== "function") continue;
      // Its description is another in older versions of Node.
      const method =
        key === Symbol.dispose ? "[Symbol.dispose]" : typeof key === "symbol" ? `[${key.description}]` : key;
      const full = `${name}.${method}`;
      if (NOT_PUBLIC.has(method) && !PUBLIC_HERE.has(full)) continue;
      const call = ([self, ...args]: readonly unknown[]) => (self as Record<PropertyKey, Func>)[key]?.(...args);
      yield { name: full, isMethod: true, call };
    }
  }
}
