import type { ScriptNode, SimpleCommandNode, WordNode } from './engine.ts';
import { literal, walk } from './syntax.ts';

/** `DECODE STATUS NAME…`: bytes in variables as text; answers STATUS. */
export const DECODE = '__decode';

const VALUED = /[adinNptu]$/;

/**
 * just-bash 3.4.2 leaves in variables what `read` has read byte by byte, so that `é` becomes `Ã©`. Puts after every `read` of
 * a script a command that makes text of it. Changes the script in place.
 */
export function decodeReads(script: ScriptNode): void {
  const done = new Set<SimpleCommandNode>();
  walk(script, (node) => {
    const { commands } = node;
    if (!Array.isArray(commands)) return true;
    const all = commands as SimpleCommandNode[];
    all.forEach((command, at) => {
      const names = command.type === 'SimpleCommand' && !done.has(command) ? readNames(command) : undefined;
      if (names === undefined) return;
      done.add(command);
      all[at] = decoded(command, names) as unknown as SimpleCommandNode;
    });
    return true;
  });
}

/** The variables that a `read` sets; absent where it is none, or they are not told by its words alone. */
function readNames({ name, args }: SimpleCommandNode): string[] | undefined {
  if (literal(name) !== 'read') return undefined;
  const words = args.map(literal);
  const names: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) return undefined;
    if (!word.startsWith('-')) names.push(word);
    else if (word.includes('a')) return undefined;
    else if (VALUED.test(word)) at += 1;
  }
  return names.length === 0 ? ['REPLY'] : names;
}

function decoded(read: SimpleCommandNode, names: readonly string[]): object {
  const status: WordNode = {
    type: 'Word',
    parts: [{ type: 'ParameterExpansion', parameter: '?', operation: null }],
  };
  const words = names.map((text): WordNode => ({
    type: 'Word',
    parts: [{ type: 'SingleQuoted', value: text }],
  }));
  const decode = {
    type: 'SimpleCommand',
    assignments: [],
    name: text(DECODE),
    args: [status, ...words],
    redirections: [],
  };
  return { type: 'Group', body: [statement(read), statement(decode)], redirections: [] };
}

function text(value: string): WordNode {
  return { type: 'Word', parts: [{ type: 'Literal', value }] };
}

function statement(command: object): object {
  const pipeline = { type: 'Pipeline', commands: [command], negated: false };
  return { type: 'Statement', pipelines: [pipeline], operators: [], background: false };
}
