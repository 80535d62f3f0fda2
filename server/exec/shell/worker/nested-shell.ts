import { latin1FromBytes, type ResolvedCommandContext } from './engine.ts';
import { linesOf, once, type Commands } from './command-source.ts';
import { InputSource } from './input-source.ts';
import { quote } from './quote.ts';
import { PIPED } from './rewrite/names.ts';

/** What the words after `bash` or `sh` ask for. */
export interface NestedShell {
  readonly commands: Commands;
  /** Lines that go before the commands. */
  readonly before: readonly string[];
}

/** NEST: `source` is where the shell around it reads. A text: the file of that name cannot be read. */
export async function nestedShell(
  given: readonly string[],
  ctx: ResolvedCommandContext,
  source: InputSource,
): Promise<NestedShell | string> {
  const piped = given[0] === PIPED;
  const args = piped ? given.slice(1) : given;
  const operandsAt = args.findIndex((word) => !/^[-+]./.test(word));
  const flags = operandsAt === -1 ? args : args.slice(0, operandsAt);
  const [first, ...rest] = operandsAt === -1 ? [] : args.slice(operandsAt);
  const letters = flags.filter((flag) => !flag.startsWith('--')).join('');
  const strict = letters.includes('e') ? ['set -e'] : [];
  if (letters.includes('c')) {
    return { commands: once(first ?? ''), before: [...parameters(rest.slice(1)), ...strict] };
  }
  if (letters.includes('s') || first === undefined) {
    const words = first === undefined ? [] : [first, ...rest];
    return { commands: linesOf(piped ? sourceOf(ctx) : source), before: [...parameters(words), ...strict] };
  }
  try {
    const text = await ctx.fs.readFile(ctx.fs.resolvePath(ctx.cwd, first));
    return { commands: once(text), before: [...parameters(rest), ...strict] };
  } catch {
    return first;
  }
}

function parameters(words: readonly string[]): string[] {
  return words.length === 0 ? [] : [`set -- ${words.map(quote).join(' ')}`];
}

function sourceOf(ctx: ResolvedCommandContext): InputSource {
  const source = new InputSource();
  source.push(Buffer.from(latin1FromBytes(ctx.stdin), 'latin1'));
  source.end();
  return source;
}
