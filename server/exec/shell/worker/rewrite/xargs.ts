import type { ScriptNode, SimpleCommandNode, WordNode } from '../engine.ts';
import { literal, walk } from '../syntax.ts';
import { word } from './nodes.ts';

/** Options that have a value, which may stand in the same word. */
const ATTACHED = /^(-[InLPd])(.+)$/s;
const ALONE = /^-[InLPd]$/;

/** `xargs -n1 -I{}`: just-bash 3.4.2 knows values only as words of their own. Changes the script in place. */
export function separateValues(script: ScriptNode): void {
  walk(script, (node) => {
    if (node.type !== 'SimpleCommand') return true;
    const { name, args } = node as unknown as SimpleCommandNode;
    if (literal(name) === 'xargs') Object.assign(node, { args: separated(args) });
    return true;
  });
}

/** Up to the command that xargs runs: what comes after its name is its own. */
function separated(args: readonly WordNode[]): WordNode[] {
  const words: WordNode[] = [];
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] as WordNode;
    const text = literal(argument) ?? '';
    if (!text.startsWith('-')) return [...words, ...args.slice(at)];
    const [, option, value] = ATTACHED.exec(text) ?? [];
    if (option !== undefined && value !== undefined) words.push(word(option), word(value));
    else words.push(argument);
    // Its value is the next word, whatever that looks like.
    if (ALONE.test(text)) words.push(...args.slice(++at, at + 1));
  }
  return words;
}
