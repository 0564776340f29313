/** Tables of plain text. */

/** Options of `formatTable`. */
export interface TableOptions {
  /** Titles of the columns, underlined (default none). */
  header?: readonly string[];
  /** How each column is aligned (default: the first to the left, the others, usually numbers, to the right). */
  align?: readonly ("left" | "right")[];
}

/**
 * Rows of cells as lines of aligned columns, two spaces apart, without a newline at the end.
 *
 * A row may be shorter than others. Width is counted in code points.
 */
export function formatTable(rows: readonly (readonly (string | number)[])[], options: TableOptions = {}): string {
  const { header, align = [] } = options;
  const cells = (header ? [header, ...rows] : rows).map((row) => row.map(String));
  const widths: number[] = [];
  for (const row of cells) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
  }
  const lines = cells.map((row) =>
    row
      .map((cell, column) => {
        const padding = " ".repeat((widths[column] as number) - widthOf(cell));
        const left = (align[column] ?? (column === 0 ? "left" : "right")) === "left";
        return left ? cell + padding : padding + cell;
      })
      .join("  ")
      .trimEnd(),
  );
  if (header) lines.splice(1, 0, widths.map((width) => "─".repeat(width)).join("  "));
  return lines.join("\n");
}

function widthOf(cell: string): number {
  return [...cell].length;
}
