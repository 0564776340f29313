/** Tables of text: CSV as RFC 4180 has it. */

import { CsvError, parse } from "csv-parse/sync";
import { checkOptions, FormatError, OptionError, show } from "../errors.js";
import { readBytes } from "../io/files.js";
import type { TensorData } from "../io/index.js";
import { checkBoolean } from "./check.js";

/** Options of `parseCsv`. */
export interface CsvOptions {
  /** Whether the first record names the columns (default true); otherwise they are called "0", "1", … */
  header?: boolean;
  /** What separates fields, one character (default ","). */
  delimiter?: string;
}

/** A table of text. */
export interface CsvTable {
  /** Names of the columns, all different. */
  readonly columns: readonly string[];
  /** Fields as they are written, `[rows][columns]`. */
  readonly rows: readonly (readonly string[])[];
}

/**
 * The table in a CSV text: records end with a line break; fields are separated by commas, and those in double quotes may
 * hold commas, line breaks and, doubled, quotes. Empty lines are skipped, and a byte order mark.
 *
 * @param text UTF-8 where it is bytes.
 * @param name What to call the text in messages, usually the path.
 * @throws {FormatError} for a quote out of place, a record with another number of fields than the first, or columns of
 *   one name.
 * @throws {OptionError} for an option that is unknown or of another type.
 */
export function parseCsv(text: string | Uint8Array, options: CsvOptions = {}, name = "text"): CsvTable {
  const op = "parseCsv";
  checkOptions(op, options, ["header", "delimiter"]);
  const header = checkBoolean(op, "header", options.header ?? true);
  const { delimiter = "," } = options;
  if (typeof text !== "string" && !(text instanceof Uint8Array)) {
    throw new OptionError(`${op}: text must be a string or a Uint8Array, got ${show(text)}`);
  }
  if (typeof delimiter !== "string" || delimiter.length !== 1 || '"\r\n'.includes(delimiter)) {
    throw new OptionError(`${op}: option "delimiter" must be one character, got ${show(delimiter)}`);
  }
  const records = parseRecords(text, delimiter, name);
  const columns = (header ? records.shift() : records[0]?.map((_, i) => String(i))) ?? [];
  const first = positionsOf(columns);
  const twice = columns.find((column, i) => first.get(column) !== i);
  if (twice !== undefined) throw new FormatError(`${op}: two columns have one name, ${show(twice)}: ${show(name)}`);
  return { columns, rows: records };
}

function parseRecords(text: string | Uint8Array, delimiter: string, name: string): string[][] {
  try {
    const input = typeof text === "string" ? text : Buffer.from(text.buffer, text.byteOffset, text.byteLength);
    return parse(input, { delimiter, bom: true, skip_empty_lines: true });
  } catch (cause) {
    // Its message may have a whole field in it.
    const isOfText = cause instanceof CsvError;
    if (isOfText) throw new FormatError(`parseCsv: ${cause.message.slice(0, 300)}: ${show(name)}`, { cause });
    throw cause;
  }
}

/**
 * Reads a CSV file.
 *
 * @throws {OptionError} when the file is missing or cannot be read, or an option is wrong.
 * @throws {FormatError} as `parseCsv` does.
 */
export async function readCsv(path: string, options: CsvOptions = {}): Promise<CsvTable> {
  return parseCsv(await readBytes("readCsv", path), options, path);
}

/** Decimal numbers as most programs write them. Those of other bases, which `Number` knows, are more likely names. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The number in a field, undefined when it is none. */
function numberOf(field: string): number | undefined {
  const text = field.trim();
  if (NUMBER.test(text)) return Number(text);
  if (text === "" || /^[+-]?nan$/i.test(text)) return Number.NaN;
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return undefined;
}

/**
 * Columns of a table as numbers, float32 `[rows, columns]`: decimal ones, `inf` and `nan`. An empty field is NaN.
 *
 * @param columns Which, in this order (default: all).
 * @throws {FormatError} for a field that is no number.
 * @throws {OptionError} for a column that does not exist, and for what is no table or list of columns.
 */
export function csvNumbers(table: CsvTable, columns: readonly string[] = table?.columns): TensorData<"float32"> {
  const op = "csvNumbers";
  if (!Array.isArray(columns)) throw new OptionError(`${op}: columns must be a list of names, got ${show(columns)}`);
  const positions = positionsIn(op, table, columns);
  const data = new Float32Array(table.rows.length * positions.length);
  table.rows.forEach((row, i) => {
    positions.forEach((position, j) => {
      const field = fieldOf(op, row, position);
      const value = numberOf(field);
      if (value === undefined) {
        throw new FormatError(`${op}: no number: ${show(field)} in row ${i} of column ${show(columns[j])}`);
      }
      data[i * positions.length + j] = value;
    });
  });
  return { dtype: "float32", shape: [table.rows.length, positions.length], data };
}

/** A column of names as classes. */
export interface CsvClasses {
  /** Class of each row, int32 `[rows]`: the position of its name in `classNames`. */
  readonly labels: TensorData<"int32">;
  /** The different names, in code unit order. */
  readonly classNames: readonly string[];
}

/**
 * A column of a table as classes.
 *
 * @throws {OptionError} when the column does not exist.
 */
export function csvClasses(table: CsvTable, column: string): CsvClasses {
  const [position] = positionsIn("csvClasses", table, [column]) as [number];
  const names = table.rows.map((row) => fieldOf("csvClasses", row, position));
  const classNames = [...new Set(names)].sort();
  const classOf = new Map(classNames.map((name, i) => [name, i]));
  const data = Int32Array.from(names, (name) => classOf.get(name) as number);
  return { labels: { dtype: "int32", shape: [names.length], data }, classNames };
}

/** The first position of each name. */
function positionsOf(columns: readonly string[]): ReadonlyMap<string, number> {
  const positions = new Map<string, number>();
  for (const [i, column] of columns.entries()) if (!positions.has(column)) positions.set(column, i);
  return positions;
}

/** @throws {OptionError} for a column that the table lacks, and for what is no table. */
function positionsIn(op: string, table: CsvTable, columns: readonly string[]): number[] {
  if (!Array.isArray(table?.columns) || !Array.isArray(table.rows))
    throw new OptionError(`${op}: needs the table of parseCsv, got ${show(table)}`);
  const positions = positionsOf(table.columns);
  return columns.map((column) => {
    const position = positions.get(column);
    if (position !== undefined) return position;
    throw new OptionError(`${op}: no column ${show(column)}: the columns are ${table.columns.map(show).join(", ")}`);
  });
}

/** A field of a table that a caller may have made. */
function fieldOf(op: string, row: readonly string[], position: number): string {
  const field: unknown = row?.[position];
  if (typeof field === "string") return field;
  throw new OptionError(`${op}: rows must hold a text for each column, got ${show(field)}`);
}
