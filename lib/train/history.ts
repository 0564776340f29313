/** What the epochs of a training gave: a table with a row for each. */

import { FormatError, OptionError, show } from "../errors.js";
import { writeAtomically } from "../io/files.js";
import type { TensorData } from "../io/index.js";
import type { Stateful } from "./callback.js";

/**
 * An epoch: `epoch`, counted from 1; `step`, the steps done by its end; `seconds` that these took, without the
 * validation; averages over the training examples as they were seen (`loss` and the metrics); and over the validation examples
 * after it (`validationLoss`, `validationAccuracy`, …), if there are any.
 */
export interface HistoryRow {
  readonly epoch: number;
  readonly step: number;
  readonly seconds: number;
  readonly loss: number;
  readonly [column: string]: number;
}

/** The rows of a training, in order. */
export class History implements Stateful {
  readonly rows: HistoryRow[] = [];

  /** Names of the columns; every row has all of them. In the order of the last row: rows from files have another. */
  get columns(): string[] {
    return Object.keys(this.rows.at(-1) ?? {});
  }

  /** The values of a column, in order. @throws {OptionError} when there is no such column. */
  column(name: string): number[] {
    if (this.rows.length > 0 && !this.columns.includes(name)) {
      throw new OptionError(`History: unknown column: ${show(name)}; known: ${this.columns.join(", ")}`);
    }
    return this.rows.map((row) => row[name] as number);
  }

  /** The rows, for `JSON.stringify`; there NaN and infinities become null. */
  toJSON(): readonly HistoryRow[] {
    return this.rows;
  }

  /** A line of names and one for each row, separated by commas; numbers so that they can be read back exactly. */
  toCSV(): string {
    const { columns } = this;
    const lines = [columns.map(quoted), ...this.rows.map((row) => columns.map((name) => row[name]))];
    return lines.map((line) => `${line.join(",")}\n`).join("");
  }

  /**
   * Writes the table; the file appears complete or not at all.
   *
   * @param path Ends in `.csv` or `.json`, which says the format.
   * @throws {OptionError} for another ending, or when the file cannot be written.
   */
  async save(path: string): Promise<void> {
    const op = "History.save";
    const format = /\.(csv|json)$/i.exec(path)?.[1]?.toLowerCase();
    if (format === undefined) throw new OptionError(`${op}: path must end in .csv or .json, got ${show(path)}`);
    const text = format === "csv" ? this.toCSV() : `${JSON.stringify(this, null, 2)}\n`;
    await writeAtomically(op, path, new TextEncoder().encode(text));
  }

  /** The columns, float64 `[rows]`. */
  state(): Record<string, TensorData> {
    return Object.fromEntries(
      this.columns.map((name) => {
        const data = Float64Array.from(this.column(name));
        return [name, { dtype: "float64", shape: [data.length], data }];
      }),
    );
  }

  /** @throws {FormatError} for what `state()` does not give, and columns of different lengths. */
  loadState(state: Readonly<Record<string, TensorData>>): void {
    const wrong = Object.entries(state ?? {}).find(([, value]) => !ArrayBuffer.isView(value?.data));
    if (typeof state !== "object" || state === null || wrong !== undefined) {
      throw new FormatError(`History: needs columns by name, as state() gives them, got ${show(wrong?.[0] ?? state)}`);
    }
    const columns = Object.entries(state).map(([name, { data }]) => [name, [...data]] as const);
    const length = columns[0]?.[1].length ?? 0;
    const other = columns.find(([, values]) => values.length !== length);
    if (other !== undefined) throw new FormatError(`History: columns differ in length: ${show(other[0])}`);
    // One by one: as arguments of a call, too many rows are a stack overflow.
    this.rows.length = 0;
    for (let i = 0; i < length; i++) {
      this.rows.push(Object.fromEntries(columns.map(([name, values]) => [name, values[i]])) as unknown as HistoryRow);
    }
  }
}

/** A name as a field of CSV. */
function quoted(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}
