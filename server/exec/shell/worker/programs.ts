import { send } from '../../output.ts';
import type { Program } from '../../program.ts';
import type { InputSource } from './input-source.ts';
import type { ShellTerminal } from './shell-terminal.ts';

export interface ProgramHosts {
  readonly terminal: ShellTerminal | undefined;
  /** Keys, where a program takes the terminal. */
  readonly source: InputSource;
  /** What was typed, the oldest first. */
  readonly history: () => readonly string[];
}

/** Programs that need the shell or its terminal. */
export function shellPrograms({
  terminal,
  source,
  history,
}: ProgramHosts): Readonly<Record<string, Program>> {
  const less: Program = async (context) => (await import('./pager/less.ts')).less(context, terminal, source);
  const nano: Program = async (context) => (await import('./editor/nano.ts')).nano(context, terminal, source);
  return {
    edit: nano,
    history: async ({ stdout, signal }) => {
      const lines = history().map((line, index) => `${String(index + 1).padStart(5)}  ${line}\n`);
      await send(stdout, lines.join(''), signal);
      return 0;
    },
    less,
    more: less,
    nano,
    vi: notHere('vi'),
    vim: notHere('vim'),
  };
}

function notHere(name: string): Program {
  return async ({ stderr, signal }) => {
    await send(
      stderr,
      `${name} is not here; nano (or edit) opens a small editor with its keys on the screen\n`,
      signal,
    );
    return 127;
  };
}
