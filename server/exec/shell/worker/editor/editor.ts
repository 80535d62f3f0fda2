import { isVfsError } from '../../../../../vfs/errors.ts';
import { errorText } from '../../../error-text.ts';
import { escapeUnsafe } from '../../../../escape.ts';
import { cut, widthOf } from '../screen/columns.ts';
import type { Key } from '../screen/key-reader.ts';
import type { Screen } from '../screen/screen.ts';
import { TextBuffer } from './text-buffer.ts';

export interface EditedFile {
  readonly name: string;
  readonly text: string;
  /** Rejects with a `VfsError`; the file is then as it was. */
  save(name: string, text: string): Promise<void>;
}

const HELP = [
  '^O Save   ^X Exit   ^W Search   ^K Cut line   ^U Paste   M-U Undo   M-E Redo',
  '^C Where am I   ^_ Go to line   ^A Line begin   ^E Line end   ^Y Page up   ^V Page down',
];

/** A small editor for one file: keys as nano has them. */
export class Editor {
  readonly #screen: Screen;
  readonly #file: EditedFile;
  readonly #buffer: TextBuffer;
  #name: string;
  #top = 0;
  #left = 0;
  #message = '';
  #clipboard = '';
  #cutting = false;
  #lastSearch = '';

  constructor(screen: Screen, file: EditedFile) {
    this.#screen = screen;
    this.#file = file;
    this.#name = file.name;
    this.#buffer = new TextBuffer(file.text);
  }

  /** Until the person leaves, or the screen is taken away. */
  async run(): Promise<void> {
    for (;;) {
      this.#draw();
      const key = await this.#screen.key();
      if (key === undefined) return;
      this.#message = '';
      if ('name' in key && key.name === 'ctrl-x') {
        if (await this.#mayLeave()) return;
      } else await this.#press(key);
    }
  }

  async #press(key: Key): Promise<void> {
    const cutting = 'name' in key && key.name === 'ctrl-k';
    if ('text' in key) this.#buffer.insert(key.text);
    else await KEYS[key.name]?.(this);
    this.#cutting = cutting;
  }

  get buffer(): TextBuffer {
    return this.#buffer;
  }

  get page(): number {
    return Math.max(1, this.#screen.rows - 4);
  }

  vertical(rows: number): void {
    const { row, column } = this.#buffer.place;
    this.#buffer.moveTo(row + rows, column);
  }

  /** Lines that are cut one after the other are pasted together. */
  cut(): void {
    const line = this.#buffer.cutLine();
    this.#clipboard = this.#cutting ? this.#clipboard + line : line;
  }

  paste(): void {
    if (this.#clipboard === '') return;
    this.#buffer.insert(this.#clipboard);
  }

  say(message: string): void {
    this.#message = message;
  }

  tell(): void {
    const { row, column } = this.#buffer.place;
    this.say(`line ${row + 1} of ${this.#buffer.lines.length}, column ${column + 1}`);
  }

  async search(): Promise<void> {
    const offer = this.#lastSearch === '' ? '' : ` [${this.#lastSearch}]`;
    const answer = await this.#ask(`Search${offer}: `);
    if (answer === undefined) return;
    this.#lastSearch = answer === '' ? this.#lastSearch : answer;
    if (!this.#buffer.find(this.#lastSearch)) this.say(`"${this.#lastSearch}" not found`);
  }

  async goToLine(): Promise<void> {
    const answer = await this.#ask('Line number: ');
    if (answer !== undefined && /^\d+$/.test(answer)) this.#buffer.moveTo(Number(answer) - 1, 0);
  }

  /** Answers whether the text is in the file now. */
  async save(): Promise<boolean> {
    const name = await this.#ask('File to write: ', this.#name);
    if (name === undefined || name === '') {
      this.say('Not saved');
      return false;
    }
    try {
      await this.#file.save(name, this.#buffer.text);
    } catch (error) {
      if (!isVfsError(error)) throw error;
      this.say(`${name}: ${errorText(error)}`);
      this.#screen.bell();
      return false;
    }
    this.#name = name;
    this.#buffer.saved();
    this.say(`Wrote ${this.#buffer.text.split('\n').length - 1} lines`);
    return true;
  }

  async #mayLeave(): Promise<boolean> {
    if (!this.#buffer.changed) return true;
    for (;;) {
      this.#draw('Save the changes? (y, n, or ^C to go on) ');
      const key = await this.#screen.key();
      if (key === undefined) return true;
      if ('text' in key && /^y/i.test(key.text)) return this.save();
      if ('text' in key && /^n/i.test(key.text)) return true;
      if ('name' in key && (key.name === 'ctrl-c' || key.name === 'escape')) return false;
    }
  }

  /** A line of text from the person; absent where they changed their mind. */
  async #ask(question: string, offered = ''): Promise<string | undefined> {
    const answer = new TextBuffer(offered);
    answer.moveTo(0, Infinity);
    for (;;) {
      this.#draw(`${question}${answer.lines[0]}`);
      const key = await this.#screen.key();
      if (key === undefined) return undefined;
      if ('text' in key) answer.insert(key.text);
      else if (key.name === 'enter') return answer.lines[0];
      else if (key.name === 'backspace') answer.backspace();
      else if (key.name === 'ctrl-c' || key.name === 'escape' || key.name === 'ctrl-g') return undefined;
    }
  }

  #draw(question?: string): void {
    const { columns, rows } = this.#screen;
    const height = Math.max(1, rows - 4);
    const { row, column } = this.#buffer.place;
    const place = widthOf((this.#buffer.lines[row] ?? '').slice(0, column));
    if (row < this.#top) this.#top = row;
    if (row >= this.#top + height) this.#top = row - height + 1;
    this.#left = place < columns - 1 ? 0 : place - Math.floor(columns / 2);
    const changed = this.#buffer.changed ? '  (changed)' : '';
    const title = ` ${escapeUnsafe(this.#name === '' ? 'new file' : this.#name)}${changed}`;
    const text = this.#buffer.lines.slice(this.#top, this.#top + height);
    const shown = Array.from({ length: height }, (_, at) =>
      cut(text[at] ?? '', at + this.#top === row ? this.#left : 0, columns),
    );
    const status = cut(question ?? this.#message, 0, columns);
    const all = [
      cut(title, 0, columns).padEnd(columns),
      ...shown,
      status,
      ...HELP.map((line) => cut(line, 0, columns)),
    ];
    const cursor =
      question === undefined
        ? { row: row - this.#top + 1, column: place - this.#left }
        : { row: height + 1, column: Math.min(columns - 1, widthOf(question)) };
    this.#screen.draw(all, new Set([0]), cursor);
  }
}

type Action = (editor: Editor) => void | Promise<unknown>;

const KEYS: Readonly<Record<string, Action>> = {
  up: (editor) => editor.vertical(-1),
  down: (editor) => editor.vertical(1),
  left: ({ buffer }) => buffer.left(),
  right: ({ buffer }) => buffer.right(),
  home: ({ buffer }) => buffer.moveTo(buffer.place.row, 0),
  end: ({ buffer }) => buffer.moveTo(buffer.place.row, Infinity),
  'page-up': (editor) => editor.vertical(-editor.page),
  'page-down': (editor) => editor.vertical(editor.page),
  enter: ({ buffer }) => buffer.insert('\n'),
  tab: ({ buffer }) => buffer.insert('\t'),
  backspace: ({ buffer }) => buffer.backspace(),
  delete: ({ buffer }) => buffer.delete(),
  'ctrl-a': ({ buffer }) => buffer.moveTo(buffer.place.row, 0),
  'ctrl-c': (editor) => editor.tell(),
  'ctrl-d': ({ buffer }) => buffer.delete(),
  'ctrl-e': ({ buffer }) => buffer.moveTo(buffer.place.row, Infinity),
  'ctrl-g': (editor) => editor.say('The keys are named below; M-U is Alt and U'),
  'ctrl-k': (editor) => editor.cut(),
  'ctrl-o': (editor) => editor.save(),
  'ctrl-s': (editor) => editor.save(),
  'ctrl-u': (editor) => editor.paste(),
  'ctrl-v': (editor) => editor.vertical(editor.page),
  'ctrl-w': (editor) => editor.search(),
  'ctrl-y': (editor) => editor.vertical(-editor.page),
  'ctrl-z': (editor) => editor.say(editor.buffer.undo() ? 'Undone' : 'Nothing to undo'),
  'ctrl-_': (editor) => editor.goToLine(),
  'alt-e': (editor) => editor.say(editor.buffer.redo() ? 'Done again' : 'Nothing to do again'),
  'alt-u': (editor) => editor.say(editor.buffer.undo() ? 'Undone' : 'Nothing to undo'),
};
