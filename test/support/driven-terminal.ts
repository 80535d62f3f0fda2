import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { succeed } from './run-program.ts';

const PATIENCE_MILLISECONDS = 30_000;
const STEP_MILLISECONDS = 100;

/** A terminal of tmux with a program on it, driven by keys and read from its screen. */
export class DrivenTerminal {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** `command` for a shell; 90 columns, 25 rows. */
  static async open(command: string): Promise<DrivenTerminal> {
    const terminal = new DrivenTerminal(`anyfs-${randomBytes(6).toString('hex')}`);
    await terminal.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', '90', '-y', '25', command);
    return terminal;
  }

  /** Keys by tmux's names, or text. */
  async type(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await this.#tmux('send-keys', ...(/^(?:[CM]-.|[A-Z][A-Za-z]+)$/.test(key) ? [key] : ['-l', key]));
      await delay(STEP_MILLISECONDS);
    }
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux('resize-window', '-x', String(columns), '-y', String(rows));
  }

  /** What is on the screen, without blank lines at the end. A cursor after a space is where the text ends. */
  async text(): Promise<string> {
    const { stdout } = await this.#tmux('capture-pane', '-p', '-J');
    return stdout.replace(/\n+$/, '');
  }

  /** Waits until the screen shows it. */
  async shows(wanted: RegExp): Promise<void> {
    const end = Date.now() + PATIENCE_MILLISECONDS;
    for (;;) {
      const text = await this.text();
      if (wanted.test(text) || wanted.test(`${text} `)) return;
      if (Date.now() > end) throw new Error(`the screen does not show ${String(wanted)}:\n${text}`);
      await delay(STEP_MILLISECONDS);
    }
  }

  async close(): Promise<void> {
    await this.#tmux('kill-server').catch(() => {});
  }

  #tmux(...args: readonly string[]) {
    return succeed('tmux', ['-L', this.#socket, ...args], {
      env: { LC_ALL: 'C.UTF-8', TERM: 'xterm-256color' },
    });
  }
}
