import type { CommandNode, SimpleCommandNode, WordNode } from '../engine.ts';
import { programName } from '../../../programs.ts';
import { DECODE } from './read-text.ts';
import { literal } from '../syntax.ts';
import { ERR, FEED, LINE, NEST, OUT, PIPED, REDIRECT_SESSION, RUN } from './names.ts';
import { from, isHere, isPlain, readsElsewhere, to, word } from './nodes.ts';

export interface SimpleCommandOptions {
  /** Begins every mark. Nobody can guess it, so no word of a person is taken for one. */
  readonly nonce: string;
  /** A program of ours, streaming. */
  readonly isProgram: (name: string) => boolean;
  /** A command of the engine that reads standard input where it is given no files. */
  readonly readsInput: (name: string) => boolean;
  readonly functions: ReadonlySet<string>;
}

/** Where a run of programs gets its input and puts its output. */
export interface RunEnds {
  /** `pipe`: what the engine has on standard input; `session`: the client. */
  readonly input: 'pipe' | 'session';
  /** `pipe`: an answer to the engine. */
  readonly output: 'pipe' | 'session';
}

/** Where a command stands in its pipeline. */
export interface Place {
  readonly first: boolean;
  readonly last: boolean;
}

/** Commands that change the shell itself and so are let alone. */
const UNTOUCHED: ReadonlySet<string> = new Set([
  DECODE,
  'break',
  'continue',
  'return',
  'exit',
  'shift',
  'eval',
  'set',
]);
const SHELLS: ReadonlySet<string> = new Set(['bash', 'sh', 'dash', 'ash']);

/** Rewrites commands that hold no others. */
export class SimpleCommands {
  readonly #options: SimpleCommandOptions;

  constructor(options: SimpleCommandOptions) {
    this.#options = options;
  }

  rewritten(command: SimpleCommandNode, { first, last }: Place): SimpleCommandNode {
    const name = literal(command.name);
    if (command.name === null || (name !== undefined && UNTOUCHED.has(name))) return command;
    if (name === 'exec') return first && last ? this.#exec(command) : command;
    if (first && last && this.isRunnable(command, true))
      return this.run([command], { input: 'session', output: 'session' });
    const more = last ? [to(1, OUT), to(2, ERR)] : [to(2, ERR)];
    const fed = first ? this.#fed(command, name) : command;
    return { ...fed, redirections: [...more, ...fed.redirections] };
  }

  /** Standard input of the session for a command of the engine that may want it. */
  #fed(command: SimpleCommandNode, name: string | undefined): SimpleCommandNode {
    if (name === undefined || this.#options.functions.has(name)) return command;
    const elsewhere = readsElsewhere(command);
    if (SHELLS.has(programName(name))) {
      return {
        ...command,
        name: word(NEST),
        args: elsewhere ? [word(PIPED), ...command.args] : command.args,
      };
    }
    if (elsewhere) return command;
    if (name === 'read') return { ...command, redirections: [from(LINE), ...command.redirections] };
    if (!this.#options.readsInput(name)) return command;
    return { ...command, name: word(FEED), args: [command.name as WordNode, ...command.args] };
  }

  /** `exec` with nothing but redirections moves the session's own input and output. */
  #exec(command: SimpleCommandNode): SimpleCommandNode {
    const plain =
      command.args.length === 0 && command.redirections.length > 0 && command.redirections.every(isPlain);
    if (!plain) return command;
    const words = this.#marked(command);
    return { ...command, name: word(REDIRECT_SESSION), args: words, redirections: [] };
  }

  /** Programs of ours, with nothing about them that RUN cannot do. */
  isRunnable(command: CommandNode, first: boolean): boolean {
    if (command.type !== 'SimpleCommand' || command.assignments.length > 0) return false;
    const name = literal(command.name);
    if (name === undefined || !this.#options.isProgram(name) || this.#options.functions.has(name))
      return false;
    return command.redirections.every(
      (redirection) => isPlain(redirection) || (first && isHere(redirection) && (redirection.fd ?? 0) === 0),
    );
  }

  /** Neighbours in a pipeline as one RUN. */
  run(commands: readonly SimpleCommandNode[], ends: RunEnds): SimpleCommandNode {
    const here = commands.flatMap(({ redirections }) => redirections.filter(isHere));
    const input = here.length > 0 ? 'pipe' : ends.input;
    const args = commands.flatMap((command) => [
      word(`${this.#options.nonce}|`),
      ...this.#words(command),
      ...this.#marked(command),
    ]);
    const first = { ...(commands[0] as SimpleCommandNode), assignments: [] };
    return {
      ...first,
      name: word(RUN),
      args: [word(`${input},${ends.output}`), ...args],
      redirections: here,
    };
  }

  #words({ name, args }: SimpleCommandNode): WordNode[] {
    const text = literal(name);
    return [text === undefined ? (name as WordNode) : word(programName(text)), ...args];
  }

  /** Redirections as marks, each with its target as the word that follows. */
  #marked({ redirections }: SimpleCommandNode): WordNode[] {
    return redirections
      .filter((redirection) => !isHere(redirection))
      .flatMap(({ fd, operator, target }) => [
        word(`${this.#options.nonce}${fd ?? ''}${operator}`),
        target as WordNode,
      ]);
  }
}
