import type { CommandNode, ScriptNode, SimpleCommandNode } from '../engine.ts';
import { literal, walk } from '../syntax.ts';
import { lastStatus, simple, statementOf, word } from './nodes.ts';

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
    const all = commands as CommandNode[];
    all.forEach((command, at) => {
      if (command.type !== 'SimpleCommand' || done.has(command)) return;
      const names = readNames(command);
      if (names === undefined) return;
      done.add(command);
      all[at] = decoded(command, names);
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

function decoded(read: SimpleCommandNode, names: readonly string[]): CommandNode {
  const decode = simple(DECODE, [lastStatus(), ...names.map(word)]);
  return { type: 'Group', body: [statementOf([read]), statementOf([decode])], redirections: [] };
}
