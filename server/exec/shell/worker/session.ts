import type { VfsBackend } from '../../../../vfs/backend.ts';
import type { Logger } from '../../../log.ts';
import type { FromShell, ShellStart, TerminalSize } from '../messages.ts';
import { linesOf, once, type Commands } from './command-source.ts';
import { complete } from './completion.ts';
import { greeting } from './greeting.ts';
import { History } from './history.ts';
import type { InputSource } from './input-source.ts';
import type { Output } from './output.ts';
import { Prompt } from './prompt.ts';
import { promptText } from './prompt-text.ts';
import { Shell } from './shell.ts';
import { ShellTerminal } from './shell-terminal.ts';
import { shellPrograms } from './programs.ts';

export interface SessionOptions {
  readonly start: ShellStart;
  readonly mount: VfsBackend;
  readonly input: InputSource;
  readonly output: Output;
  readonly post: (message: FromShell) => void;
  /** Called before each command that the engine runs. */
  readonly onCommand: () => void;
}

/** Nobody reads what a shell would log; what a person must know goes to the terminal. */
const SILENT: Logger = { error() {}, warn() {}, info() {}, debug() {}, debugging: false };

const ENVIRONMENT = { PATH: '/bin', SHELL: '/bin/bash', LANG: 'C.UTF-8' } as const;

/** One session from its first command to its last. */
export class ShellSession {
  readonly #options: SessionOptions;
  readonly #terminal: ShellTerminal | undefined;
  readonly #shell: Shell;
  /** Ctrl-C was pressed, and what ran then has not ended yet. */
  #interrupting = false;
  readonly #interrupted: Int32Array;

  constructor(options: SessionOptions) {
    const { start, mount, input, output, post, onCommand } = options;
    this.#options = options;
    this.#interrupted = new Int32Array(start.interrupted);
    this.#terminal = start.terminal === undefined ? undefined : this.#openTerminal(start.terminal);
    const shape = (bytes: Uint8Array): Uint8Array => this.#terminal?.shape(bytes) ?? bytes;
    const { account } = start;
    const name = (id: number): string | undefined => (id === account.uid ? account.name : undefined);
    this.#shell = new Shell({
      mount,
      account,
      names: { user: name, group: name },
      env: { ...start.env, ...ENVIRONMENT, TERM: start.terminal?.term ?? 'dumb', HOSTNAME: start.host },
      input,
      stdout: output.stream('stdout', shape),
      stderr: output.stream(start.terminal === undefined ? 'stderr' : 'stdout', shape),
      terminal: this.#terminal,
      state: start.state,
      log: SILENT,
      programs: shellPrograms({ terminal: this.#terminal, source: input, history: () => this.#history() }),
      onState: (state) => post({ type: 'state', state }),
      onCommand,
      isInterrupted: () => Atomics.load(this.#interrupted, 0) === 1,
    });
  }

  #history: () => readonly string[] = () => [];

  receive(bytes: Uint8Array): void {
    if (this.#terminal === undefined) this.#options.input.push(bytes);
    else this.#terminal.receive(bytes);
  }

  resized(size: TerminalSize): void {
    this.#terminal?.resized(size);
  }

  interrupt(): void {
    this.#interrupting = true;
    // From now on messages and timers come through.
    Atomics.store(this.#interrupted, 0, 0);
    this.#shell.interrupt();
  }

  /** The exit status. */
  async run(): Promise<number> {
    const { start, input } = this.#options;
    if (start.input.from === 'person' && this.#terminal !== undefined)
      return this.#serve(this.#terminal, start.input.greeting);
    const commands = start.input.from === 'line' ? once(start.input.line) : linesOf(input);
    const { status } = await this.#shell.run(commands);
    return status;
  }

  /** A person at a terminal. An engine that has given up is followed by another with the same state. */
  async #serve(terminal: ShellTerminal, greet: boolean): Promise<number> {
    const { mount, output, start } = this.#options;
    if (greet) output.write(terminal.shape(Buffer.from(await greeting(mount, start.account))));
    const history = new History(mount);
    const shell = this.#shell;
    const prompt = new Prompt({
      terminal,
      history: await history.load(),
      prompt: () =>
        promptText({ user: start.account.name, host: start.host, cwd: shell.cwd, colours: terminal.colours }),
      complete: (line) =>
        complete(line, {
          mount,
          cwd: shell.cwd,
          commands: [...shell.commandNames, ...shell.functions, ...shell.aliases.keys()],
        }),
      onLine: (line) => void history.add(line),
    });
    this.#history = () => prompt.history;
    const commands: Commands = {
      next: () => {
        this.#settle();
        return prompt.next();
      },
    };
    try {
      let ending = await shell.run(commands);
      while (ending.by === 'failed') ending = await shell.run(commands, ending.status);
      return ending.status;
    } finally {
      prompt.close();
    }
  }

  #openTerminal(request: NonNullable<ShellStart['terminal']>): ShellTerminal {
    const { input, output, post } = this.#options;
    return new ShellTerminal(request, input, {
      write: (bytes) => output.write(bytes),
      interrupt: () => this.interrupt(),
      settled: () => this.#settled(),
      fullScreen: (on) => post({ type: 'full-screen', on }),
    });
  }

  #settle(): void {
    if (!this.#interrupting) return;
    this.#interrupting = false;
    this.#settled();
  }

  #settled(): void {
    Atomics.store(this.#interrupted, 0, 0);
    this.#options.post({ type: 'settled' });
  }
}
