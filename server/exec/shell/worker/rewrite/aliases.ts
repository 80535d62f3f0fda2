import { parse } from '../engine.ts';
import type { CommandNode, SimpleCommandNode } from '../engine.ts';
import { literal } from '../syntax.ts';

/** What aliases stand for, by their names. */
export type Aliases = ReadonlyMap<string, string>;

/** As `alias` prints them: `alias name='text'`. */
export function aliasesOf(text: string): Aliases {
  const found = new Map<string, string>();
  for (const [, name, value] of text.matchAll(/^alias ([^=\s]+)='((?:[^']|'\\'')*)'$/gm)) {
    found.set(name as string, (value as string).replaceAll(`'\\''`, "'"));
  }
  return found;
}

/** An alias in the place of a command, as far as it is words of one simple command. */
export function withoutAlias(
  command: CommandNode,
  aliases: Aliases,
  seen: ReadonlySet<string> = new Set(),
): CommandNode {
  if (command.type !== 'SimpleCommand') return command;
  const name = literal(command.name);
  const text = name === undefined || seen.has(name) ? undefined : aliases.get(name);
  if (name === undefined || text === undefined) return command;
  const value = onlyCommand(text);
  if (value === undefined) return command;
  const expanded = {
    ...command,
    assignments: [...command.assignments, ...value.assignments],
    name: value.name,
    args: [...value.args, ...command.args],
    redirections: [...value.redirections, ...command.redirections],
  };
  return withoutAlias(expanded, aliases, new Set([...seen, name]));
}

function onlyCommand(text: string): SimpleCommandNode | undefined {
  try {
    const [statement, ...others] = parse(text).statements;
    const command = statement?.pipelines[0]?.commands[0];
    const alone =
      others.length === 0 &&
      statement?.pipelines.length === 1 &&
      statement.pipelines[0]?.commands.length === 1;
    return alone && command?.type === 'SimpleCommand' ? command : undefined;
  } catch {
    return undefined;
  }
}
