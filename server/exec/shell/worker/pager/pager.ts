import { decodeText } from '../../../../../vfs/names.ts';
import { escapeUnsafe } from '../../../../escape.ts';
import { cut } from '../screen/columns.ts';
import type { Screen } from '../screen/screen.ts';
import { lineAt, lineBefore, type Pages } from './lines.ts';

const SHIFT = 8;
const HELP_LINES = [
  'q                 leave',
  'space, f, PgDn    a page on            b, PgUp    a page back',
  'Enter, j, Down    a line on            k, Up      a line back',
  'd, u              half a page          g, G       beginning, end',
  'Left, Right       sideways             /text      search; n, N again on, back',
];

/** Shows text a screen at a time, reading only what is shown: it does not matter how long it is. */
export class Pager {
  readonly #screen: Screen;
  readonly #pages: Pages;
  readonly #name: string;
  #top = 0;
  #left = 0;
  #message = '';
  #pattern = '';
  #bottom = 0;
  #ended = false;

  constructor(screen: Screen, pages: Pages, name: string) {
    this.#screen = screen;
    this.#pages = pages;
    this.#name = name;
  }

  /** Until the person leaves, or the screen is taken away. */
  async run(): Promise<void> {
    for (;;) {
      await this.#draw();
      const key = await this.#screen.key();
      if (key === undefined) return;
      this.#message = '';
      const presses = 'name' in key ? [key.name] : Array.from(key.text);
      for (const press of presses) {
        if (press === 'q' || press === 'Q') return;
        await ACTIONS[press]?.(this);
      }
    }
  }

  get page(): number {
    return Math.max(1, this.#screen.rows - 1);
  }

  async forward(lines: number): Promise<void> {
    for (let count = 0; count < lines; count++) {
      if (this.#ended && count === 0) return this.#screen.bell();
      const line = await lineAt(this.#pages, this.#top);
      if (line === undefined || (await this.#fits(line.start))) return;
      this.#top = line.next;
    }
  }

  async back(lines: number): Promise<void> {
    if (this.#top === 0) return this.#screen.bell();
    for (let count = 0; count < lines && this.#top > 0; count++)
      this.#top = await lineBefore(this.#pages, this.#top);
  }

  sideways(columns: number): void {
    this.#left = Math.max(0, this.#left + columns);
  }

  begin(): void {
    this.#top = 0;
  }

  async end(): Promise<void> {
    this.#top = await this.#pages.end();
    await this.back(this.page);
  }

  async help(): Promise<void> {
    this.#screen.draw(
      [...HELP_LINES, ...blank(this.page - HELP_LINES.length), 'Any key goes back'],
      new Set([this.page]),
    );
    await this.#screen.key();
  }

  async ask(): Promise<void> {
    let text = '';
    for (;;) {
      await this.#draw(`/${text}`);
      const key = await this.#screen.key();
      if (key === undefined) return;
      if ('text' in key) text += key.text;
      else if (key.name === 'backspace' && text === '') return;
      else if (key.name === 'backspace') text = text.slice(0, -1);
      else if (key.name === 'ctrl-c' || key.name === 'escape') return;
      else if (key.name === 'enter') break;
    }
    if (text !== '') this.#pattern = text;
    await this.search(1);
  }

  /** To the next line with the pattern, on (1) or back (-1). */
  async search(direction: 1 | -1): Promise<void> {
    if (this.#pattern === '') return;
    const wanted = this.#pattern;
    let at = this.#top;
    for (;;) {
      if (direction === -1 && at === 0) break;
      const here = direction === -1 ? await lineBefore(this.#pages, at) : at;
      const line = await lineAt(this.#pages, here);
      if (line === undefined) break;
      const isStart = direction === 1 && here === this.#top;
      if (!isStart && decodeText(line.bytes).includes(wanted)) {
        this.#top = here;
        return;
      }
      at = direction === 1 ? line.next : here;
    }
    this.#message = `"${wanted}" not found`;
    this.#screen.bell();
  }

  /** Whether all from `start` on is on one screen. */
  async #fits(start: number): Promise<boolean> {
    let at = start;
    for (let row = 0; row < this.page; row++) {
      const line = await lineAt(this.#pages, at);
      if (line === undefined) return true;
      at = line.next;
    }
    return (await lineAt(this.#pages, at)) === undefined;
  }

  async #draw(question?: string): Promise<void> {
    const { columns } = this.#screen;
    const rows: string[] = [];
    let at = this.#top;
    while (rows.length < this.page) {
      const line = await lineAt(this.#pages, at);
      if (line === undefined) break;
      rows.push(cut(decodeText(line.bytes), this.#left, columns));
      at = line.next;
    }
    this.#bottom = at;
    this.#ended = (await lineAt(this.#pages, at)) === undefined;
    const status = question ?? (this.#message === '' ? await this.#status() : this.#message);
    this.#screen.draw(
      [...rows, ...blank(this.page - rows.length), cut(status, 0, columns - 1)],
      question === undefined ? new Set([this.page]) : new Set(),
      question === undefined ? undefined : { row: this.page, column: Math.min(columns - 1, question.length) },
    );
  }

  async #status(): Promise<string> {
    const name = this.#name === '' ? '' : `${escapeUnsafe(this.#name)} `;
    if (this.#ended) return `${name}(END)`;
    const size = await this.#pages.size();
    return `${name}${Math.floor((this.#bottom / Math.max(1, size)) * 100)}%  h for help`;
  }
}

function blank(count: number): string[] {
  return Array.from({ length: Math.max(0, count) }, () => '~');
}

type Action = (pager: Pager) => void | Promise<void>;

const NEXT_PAGE: Action = (pager) => pager.forward(pager.page);
const PAGE_BACK: Action = (pager) => pager.back(pager.page);
const NEXT_LINE: Action = (pager) => pager.forward(1);
const LINE_BACK: Action = (pager) => pager.back(1);

const ACTIONS: Readonly<Record<string, Action>> = {
  ' ': NEXT_PAGE,
  f: NEXT_PAGE,
  'page-down': NEXT_PAGE,
  'ctrl-f': NEXT_PAGE,
  b: PAGE_BACK,
  'page-up': PAGE_BACK,
  'ctrl-b': PAGE_BACK,
  j: NEXT_LINE,
  e: NEXT_LINE,
  down: NEXT_LINE,
  enter: NEXT_LINE,
  k: LINE_BACK,
  y: LINE_BACK,
  up: LINE_BACK,
  d: (pager) => pager.forward(Math.ceil(pager.page / 2)),
  u: (pager) => pager.back(Math.ceil(pager.page / 2)),
  g: (pager) => pager.begin(),
  '<': (pager) => pager.begin(),
  home: (pager) => pager.begin(),
  G: (pager) => pager.end(),
  '>': (pager) => pager.end(),
  end: (pager) => pager.end(),
  left: (pager) => pager.sideways(-SHIFT),
  right: (pager) => pager.sideways(SHIFT),
  '/': (pager) => pager.ask(),
  n: (pager) => pager.search(1),
  N: (pager) => pager.search(-1),
  h: (pager) => pager.help(),
};
