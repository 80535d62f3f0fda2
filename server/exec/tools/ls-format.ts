import { displayWidth } from './display-width.ts';

/** A name as it goes out, and the columns that it takes. */
export interface Cell {
  readonly text: string;
  readonly width: number;
}

export function cellOf(text: string, plain: string): Cell {
  return { text, width: displayWidth(plain) };
}

const GAP = 2;

/** Cells in as few rows as the line's width allows; down the columns, or across the rows (`-x`). */
export function columnsOf(cells: readonly Cell[], width: number, across: boolean): string {
  if (cells.length === 0) return '';
  for (let columns = Math.min(cells.length, Math.max(1, Math.floor(width / 3))); columns > 1; columns--) {
    const rows = Math.ceil(cells.length / columns);
    const used = across ? columns : Math.ceil(cells.length / rows);
    const placed = Array.from({ length: rows }, (_, row) =>
      Array.from({ length: used }, (_, column) => cells[across ? row * used + column : column * rows + row]),
    );
    const widths = Array.from({ length: used }, (_, column) =>
      Math.max(...placed.map((row) => row[column]?.width ?? 0)),
    );
    const total = widths.reduce((sum, one) => sum + one + GAP, -GAP);
    if (total > width - (columns === 1 ? 0 : 1)) continue;
    return placed.map((row) => `${lineOf(row, widths)}\n`).join('');
  }
  return cells.map(({ text }) => `${text}\n`).join('');
}

function lineOf(row: readonly (Cell | undefined)[], widths: readonly number[]): string {
  const present = row.filter((cell) => cell !== undefined);
  return present
    .map((cell, column) =>
      column === present.length - 1
        ? cell.text
        : cell.text + ' '.repeat((widths[column] ?? 0) - cell.width + GAP),
    )
    .join('');
}

/** Cells with commas between them (`-m`). */
export function commasOf(cells: readonly Cell[], width: number): string {
  let text = '';
  let used = 0;
  for (const [index, cell] of cells.entries()) {
    const separator = index === 0 ? '' : used + cell.width + 4 > width ? ',\n' : ', ';
    used = separator === ',\n' || index === 0 ? cell.width : used + cell.width + 2;
    text += separator + cell.text;
  }
  return text === '' ? '' : `${text}\n`;
}
