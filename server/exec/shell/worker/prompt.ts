import { createInterface, type Interface } from 'node:readline';
import { LineGatherer, type Commands } from './command-source.ts';
import type { ShellTerminal } from './shell-terminal.ts';

export interface PromptOptions {
  readonly terminal: ShellTerminal;
  /** The newest first. */
  readonly history: readonly string[];
  /** What stands before what is typed. */
  readonly prompt: () => string;
  readonly complete: (line: string) => Promise<[string[], string]>;
  readonly onLine: (line: string) => void;
}

const CONTINUED = '> ';
const HISTORY_MAX = 1000;
/** Characters of one line; the editor keeps earlier forms of it. */
const LINE_MAX = 16 * 1024;

/** Commands as a person types them, edited by node:readline. */
export class Prompt implements Commands {
  readonly #options: PromptOptions;
  #editor: Interface;
  #history: string[];
  #gathered = new LineGatherer();
  #answer: ((commands: string | undefined) => void) | undefined;

  constructor(options: PromptOptions) {
    this.#options = options;
    this.#history = [...options.history];
    this.#editor = this.#open();
  }

  next(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      this.#show();
    });
  }

  /** What was typed, the oldest first. */
  get history(): readonly string[] {
    return this.#history.toReversed();
  }

  close(): void {
    this.#answer = undefined;
    this.#editor.close();
  }

  #show(): void {
    this.#editor.setPrompt(this.#gathered.empty ? this.#options.prompt() : CONTINUED);
    this.#editor.prompt();
    this.#options.terminal.edit();
  }

  #open(): Interface {
    const { terminal, complete } = this.#options;
    const editor = createInterface({
      input: terminal.keys,
      output: terminal.screen,
      terminal: true,
      history: this.#history,
      historySize: HISTORY_MAX,
      removeHistoryDuplicates: true,
      completer: (line: string, answer: (error: Error | null, result?: [string[], string]) => void) => {
        complete(line).then(
          (result) => answer(null, result),
          () => answer(null, [[], line]),
        );
      },
    });
    editor.on('line', (line) => this.#line(line));
    editor.on('history', (history) => (this.#history = [...history]));
    editor.on('SIGINT', () => this.#interrupted());
    // Without a listener node stops the whole process.
    editor.on('SIGTSTP', () => {});
    editor.on('close', () => this.#closed());
    terminal.keys.on('keypress', () => {
      // The editor keeps thousands of earlier forms of a line.
      if (editor.line.length > LINE_MAX) editor.write(null, { ctrl: true, name: 'u' });
    });
    return editor;
  }

  #line(line: string): void {
    this.#options.onLine(line);
    const whole = this.#gathered.add(`${line}\n`);
    if (whole === undefined) return this.#show();
    this.#options.terminal.lines();
    this.#give(whole);
  }

  #interrupted(): void {
    this.#options.terminal.screen.write('^C\r\n');
    this.#gathered = new LineGatherer();
    this.#editor.write(null, { ctrl: true, name: 'e' });
    this.#editor.write(null, { ctrl: true, name: 'u' });
    this.#show();
  }

  /** Ctrl-D: the end, or within a command the end of that. */
  #closed(): void {
    if (this.#answer === undefined) return;
    const { terminal } = this.#options;
    terminal.lines();
    if (this.#gathered.empty) {
      terminal.screen.write('exit\r\n');
      return this.#give(undefined);
    }
    terminal.screen.write('\r\n');
    const rest = this.#gathered.rest;
    this.#gathered = new LineGatherer();
    terminal.keys.removeAllListeners('keypress');
    this.#editor = this.#open();
    this.#give(rest);
  }

  #give(commands: string | undefined): void {
    const answer = this.#answer;
    this.#answer = undefined;
    answer?.(commands);
  }
}
