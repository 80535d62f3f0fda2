/** A text that is being edited: lines, a place in them, and what was done to them. */

export interface Place {
  readonly row: number;
  /** In UTF-16 units; never in the middle of a character. */
  readonly column: number;
}

interface Step {
  readonly row: number;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly from: Place;
  readonly to: Place;
}

const STEPS_MAX = 500;

export class TextBuffer {
  readonly #lines: string[];
  readonly #done: Step[] = [];
  readonly #undone: Step[] = [];
  #place: Place = { row: 0, column: 0 };
  #changed = false;

  /** A newline at the end makes a last line that is empty, to go on there. */
  constructor(text: string) {
    this.#lines = text.split('\n');
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  get place(): Place {
    return this.#place;
  }

  get changed(): boolean {
    return this.#changed;
  }

  /** The text as a file holds it: every line ends. */
  get text(): string {
    const text = this.#lines.join('\n');
    return text === '' || text.endsWith('\n') ? text : `${text}\n`;
  }

  saved(): void {
    this.#changed = false;
  }

  /** To a place within the text. */
  moveTo(row: number, column: number): void {
    const inside = clamp(row, this.#lines.length - 1);
    this.#place = { row: inside, column: boundary(this.#line(inside), column) };
  }

  left(): void {
    const { row, column } = this.#place;
    if (column > 0) this.moveTo(row, column - characterBefore(this.#line(row), column).length);
    else if (row > 0) this.moveTo(row - 1, Infinity);
  }

  right(): void {
    const { row, column } = this.#place;
    const line = this.#line(row);
    if (column < line.length) this.moveTo(row, column + characterAt(line, column).length);
    else if (row < this.#lines.length - 1) this.moveTo(row + 1, 0);
  }

  /** Text with any number of newlines, at the place. */
  insert(text: string): void {
    const { row, column } = this.#place;
    const line = this.#line(row);
    const inserted = `${line.slice(0, column)}${text}`.split('\n');
    const end = { row: row + inserted.length - 1, column: (inserted.at(-1) ?? '').length };
    inserted[inserted.length - 1] += line.slice(column);
    this.#replace(row, 1, inserted, end);
  }

  backspace(): void {
    const { row, column } = this.#place;
    if (row === 0 && column === 0) return;
    this.left();
    this.#deleteFrom(this.#place, { row, column });
  }

  delete(): void {
    const from = this.#place;
    this.right();
    const to = this.#place;
    if (from.row === to.row && from.column === to.column) return;
    this.#deleteFrom(from, to);
  }

  /** Takes the line away and answers it with its end; of the last one what it holds. */
  cutLine(): string {
    const { row } = this.#place;
    const line = this.#line(row);
    const isLast = row === this.#lines.length - 1;
    if (isLast && line === '') return '';
    this.#replace(row, 1, isLast ? [''] : [], { row, column: 0 });
    return `${line}\n`;
  }

  /** Answers whether there was something to undo. */
  undo(): boolean {
    const step = this.#done.pop();
    if (step === undefined) return false;
    this.#lines.splice(step.row, step.after.length, ...step.before);
    this.#undone.push(step);
    this.#place = step.from;
    this.#changed = true;
    return true;
  }

  redo(): boolean {
    const step = this.#undone.pop();
    if (step === undefined) return false;
    this.#lines.splice(step.row, step.before.length, ...step.after);
    this.#done.push(step);
    this.#place = step.to;
    this.#changed = true;
    return true;
  }

  /** Moves to the next occurrence after the place, from the beginning again after the end; answers whether there is one. */
  find(text: string): boolean {
    if (text === '') return false;
    const wanted = text.toLowerCase();
    const count = this.#lines.length;
    for (let step = 0; step <= count; step++) {
      const row = (this.#place.row + step) % count;
      const from = step === 0 ? this.#place.column + 1 : 0;
      const column = this.#line(row).toLowerCase().indexOf(wanted, from);
      const wrapped = step === count && column > this.#place.column;
      if (column === -1 || wrapped) continue;
      this.moveTo(row, column);
      return true;
    }
    return false;
  }

  #deleteFrom(from: Place, to: Place): void {
    this.#place = to;
    const joined = this.#line(from.row).slice(0, from.column) + this.#line(to.row).slice(to.column);
    this.#replace(from.row, to.row - from.row + 1, [joined], from);
  }

  #replace(row: number, count: number, after: readonly string[], to: Place): void {
    const before = this.#lines.splice(row, count, ...after);
    this.#done.push({ row, before, after, from: this.#place, to });
    if (this.#done.length > STEPS_MAX) this.#done.shift();
    this.#undone.length = 0;
    this.#place = to;
    this.#changed = true;
  }

  #line(row: number): string {
    return this.#lines[row] ?? '';
  }
}

function clamp(value: number, max: number): number {
  return Math.max(0, Math.min(value, max));
}

/** The column, moved out of the middle of a character. */
function boundary(line: string, column: number): number {
  const inside = clamp(column, line.length);
  const unit = line.charCodeAt(inside);
  const before = line.charCodeAt(inside - 1);
  const isMiddle = unit >= 0xdc00 && unit <= 0xdfff && before >= 0xd800 && before <= 0xdbff;
  return isMiddle ? inside - 1 : inside;
}

function characterAt(line: string, column: number): string {
  return String.fromCodePoint(line.codePointAt(column) ?? 0);
}

function characterBefore(line: string, column: number): string {
  const unit = line.charCodeAt(column - 1);
  const before = line.charCodeAt(column - 2);
  const isPair = unit >= 0xdc00 && unit <= 0xdfff && before >= 0xd800 && before <= 0xdbff;
  return line.slice(column - (isPair ? 2 : 1), column);
}
