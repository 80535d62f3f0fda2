import yargs from 'yargs';
import { ConfigError } from '../config/config-error.ts';
import { didYouMean } from '../config/nearest.ts';
import { AccountError } from '../server/auth/account-error.ts';
import { VERSION } from '../server/version.ts';
import { wordOf, type ParseState } from './command.ts';
import { COMMANDS } from './commands.ts';
import { describeError } from './describe-error.ts';
import { UsageError } from './failure.ts';
import { STANDARD_INPUT } from './read-keys.ts';
import type { Io } from './io.ts';

/** Done, failed, wrong usage. */
export type ExitCode = 0 | 1 | 2;

/** Runs one command line, without the name of the program; every error has been printed when it resolves. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  try {
    await parse(argv, io);
    return 0;
  } catch (error) {
    io.stderr.write(`anyfs: ${describeError(error)}\n`);
    return exitCodeOf(error);
  }
}

function exitCodeOf(error: unknown): ExitCode {
  const invalidName = error instanceof AccountError && error.code === 'INVALID';
  return invalidName || error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
}

async function parse(argv: readonly string[], io: Io): Promise<void> {
  const state: ParseState = { words: [], path: 'anyfs', usage: '' };
  const modules = COMMANDS.map((make) => make(io, state));
  state.words.push(...modules.map(wordOf), '--help', '--version');
  await yargs()
    .scriptName('anyfs')
    .usage('$0 <command>\n\nAn SFTP and SSH server whose users have no account on the host.')
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'short-option-groups': true,
    })
    .locale('en')
    .exitProcess(false)
    .showHelpOnFail(false)
    .strict()
    .demandCommand(1, `say which command: ${modules.map(wordOf).join(', ')}`)
    .command(modules)
    .version(VERSION)
    .help()
    .fail((message, error) => {
      throw isUsage(error) ? new UsageError(usageMessage(message ?? error.message, state)) : error;
    })
    .parseAsync(argv.map(spellOut), {}, (_error, _argv, output) => {
      if (output !== '') io.stdout.write(`${output}\n`);
    });
}

/** yargs loses a `-` that stands for standard input. */
function spellOut(word: string): string {
  return word === '-' ? STANDARD_INPUT : word;
}

/** yargs hands over its own errors too; those of our commands have other names. */
function isUsage(error: Error | undefined): boolean {
  return error === undefined || error.name === 'YError';
}

/** What yargs says in words that help: the mistake, a guess at what was meant, and where to read more. */
function usageMessage(message: string, { words, path, usage }: ParseState): string {
  const text = message.replaceAll('\n', ' ').trim();
  const more = `; see ${path} --help`;
  if (text.startsWith('Not enough non-option arguments'))
    return `something is missing: ${path} ${usage}${more}`.replace(/  +/g, ' ');
  const unknown = /^Unknown (?:argument|command)s?: ([^,]+)/.exec(text)?.[1];
  if (unknown === undefined) return text.charAt(0).toLowerCase() + text.slice(1) + more;
  const guess = didYouMean(unknown, words) || didYouMean(`--${unknown}`, words);
  return `there is no "${unknown}" here${guess}${more}`;
}
