import type { CommandName } from './engine.ts';

/** Of the engine's commands those that are not offered: they start threads of their own, or load much for what few want. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'sqlite3',
  'html-to-markdown',
  'xan',
  'yq',
  'history',
  'whoami',
  'hostname',
]);

/** Commands that the shell itself does better than a program of ours of the same name could. */
const SHELL_OWN: ReadonlySet<string> = new Set([
  ':',
  '[',
  'cd',
  'echo',
  'exit',
  'false',
  'printf',
  'pwd',
  'test',
  'true',
]);

export function engineCommands(all: readonly string[]): CommandName[] {
  return all.filter((name) => !LEFT_OUT.has(name)) as CommandName[];
}

export function isShellOwn(name: string): boolean {
  return SHELL_OWN.has(name);
}

interface Reader {
  /** Operands before the first file. */
  readonly operands: number;
  /** Options whose value is the next word. */
  readonly valued?: string;
  /** Options that stand for the operands. */
  readonly instead?: readonly string[];
}

/** The engine's commands that read standard input where they are given no files. */
const READERS: Readonly<Record<string, Reader>> = {
  awk: { operands: 1, valued: 'Fv', instead: ['-f'] },
  base64: { operands: 0, valued: 'w' },
  cat: { operands: 0 },
  column: { operands: 0, valued: 'scto' },
  cut: { operands: 0, valued: 'bcdf' },
  egrep: { operands: 1, valued: 'ABCm', instead: ['-e', '-f'] },
  expand: { operands: 0, valued: 't' },
  fgrep: { operands: 1, valued: 'ABCm', instead: ['-e', '-f'] },
  fold: { operands: 0, valued: 'w' },
  grep: { operands: 1, valued: 'ABCm', instead: ['-e', '-f'] },
  gunzip: { operands: 0 },
  gzip: { operands: 0 },
  head: { operands: 0, valued: 'cn' },
  jq: { operands: 1 },
  md5sum: { operands: 0 },
  nl: { operands: 0, valued: 'bvwsin' },
  od: { operands: 0, valued: 'ANtjw' },
  paste: { operands: 0, valued: 'd' },
  rev: { operands: 0 },
  sed: { operands: 1, instead: ['-e', '-f'] },
  sha1sum: { operands: 0 },
  sha256sum: { operands: 0 },
  sort: { operands: 0, valued: 'ktoS' },
  strings: { operands: 0, valued: 'n' },
  tac: { operands: 0 },
  tail: { operands: 0, valued: 'cn' },
  tee: { operands: Infinity },
  tr: { operands: Infinity },
  unexpand: { operands: 0, valued: 't' },
  uniq: { operands: 0, valued: 'fsw' },
  wc: { operands: 0 },
  xargs: { operands: Infinity },
  zcat: { operands: 0 },
};

export function mayReadInput(name: string): boolean {
  return Object.hasOwn(READERS, name);
}

/** Whether a command reads standard input when it is given these words: there is no file among them, or `-`. */
export function readsInput(name: string, args: readonly string[]): boolean {
  const reader = READERS[name];
  if (reader === undefined) return false;
  let { operands } = reader;
  let files = 0;
  for (let at = 0; at < args.length; at++) {
    const word = args[at] as string;
    if (word === '-') return true;
    if (!word.startsWith('-')) files += 1;
    else if (reader.instead?.some((option) => word.startsWith(option)) === true) {
      if (operands === 1) operands = 0;
      if (word.length === 2) at += 1;
    } else if (word.length === 2 && reader.valued?.includes(word.charAt(1)) === true) at += 1;
  }
  return files <= operands;
}
