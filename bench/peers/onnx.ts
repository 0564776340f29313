/** Models in ONNX's format: just what is needed to write the networks measured here. A model is a protocol buffer. */

/** Fields of a protocol buffer: a number, text, bytes or another message. */
type Field = readonly [number: number, value: number | string | Uint8Array];

/** Type of elements, as ONNX numbers it. */
const FLOAT = 1;
/** Version of the format, and of the operators. */
const [IR_VERSION, OPERATORS] = [8, 17];

/** An operator of a graph, with integers or lists of them as attributes. */
export interface Operator {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface Graph {
  readonly operators: readonly Operator[];
  readonly inputs: readonly Shaped[];
  readonly output: Shaped;
  readonly constants: readonly Constant[];
}

/** An operand or a result. */
export interface Shaped {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface Constant extends Shaped {
  readonly values: Float32Array;
}

/** The bytes of a model. */
export function encodeModel({ operators, inputs, output, constants }: Graph): Uint8Array {
  const graph = message([
    ...operators.map((operator): Field => [1, encodeOperator(operator)]),
    [2, "graph"],
    ...constants.map((constant): Field => [5, encodeConstant(constant)]),
    ...inputs.map((input): Field => [11, encodeShaped(input)]),
    [12, encodeShaped(output)],
  ]);
  return message([
    [1, IR_VERSION],
    [7, graph],
    [8, message([[2, OPERATORS]])],
  ]);
}

function encodeOperator({ type, inputs, output, attributes = {} }: Operator): Uint8Array {
  return message([
    ...inputs.map((name): Field => [1, name]),
    [2, output],
    [4, type],
    ...Object.entries(attributes).map(([name, value]): Field => [5, encodeAttribute(name, value)]),
  ]);
}

function encodeAttribute(name: string, value: number | readonly number[]): Uint8Array {
  const [integer, integers] = [2, 7]; // as ONNX numbers the types of attributes
  if (typeof value === "number") {
    return message([
      [1, name],
      [3, value],
      [20, integer],
    ]);
  }
  return message([[1, name], ...value.map((item): Field => [8, item]), [20, integers]]);
}

function encodeConstant({ name, shape, values }: Constant): Uint8Array {
  return message([
    ...shape.map((length): Field => [1, length]),
    [2, FLOAT],
    [8, name],
    [9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)],
  ]);
}

function encodeShaped({ name, shape }: Shaped): Uint8Array {
  const lengths = message(shape.map((length): Field => [1, message([[1, length]])]));
  const tensor = message([
    [1, FLOAT],
    [2, lengths],
  ]);
  return message([
    [1, name],
    [2, message([[1, tensor]])],
  ]);
}

function message(fields: readonly Field[]): Uint8Array {
  const parts = fields.flatMap(([number, value]): Uint8Array[] => {
    if (typeof value === "number") return [varint(number * 8), varint(value)];
    const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
    return [varint(number * 8 + 2), varint(bytes.length), bytes];
  });
  return new Uint8Array(Buffer.concat(parts));
}

/** Seven bits a byte, the lowest first, the highest bit set on all but the last. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
