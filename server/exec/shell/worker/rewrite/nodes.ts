import type { CommandNode, PipelineNode, SimpleCommandNode, StatementNode, WordNode } from '../engine.ts';
import { literal } from '../syntax.ts';

/* Pieces of the engine's syntax tree: how they are made, and what they say. */

type RedirectionNode = SimpleCommandNode['redirections'][number];

const PLAIN_OPERATORS: ReadonlySet<string> = new Set(['<', '>', '>>', '>|', '>&', '&>', '&>>']);
const HERE: ReadonlySet<string> = new Set(['<<', '<<-', '<<<']);

/** A word that is this text. */
export function word(text: string): WordNode {
  return { type: 'Word', parts: [{ type: 'SingleQuoted', value: text }] };
}

/** `FD> PATH` */
export function to(fd: number, path: string): RedirectionNode {
  return { type: 'Redirection', fd, operator: '>', target: word(path) };
}

/** `0< PATH` */
export function from(path: string): RedirectionNode {
  return { type: 'Redirection', fd: 0, operator: '<', target: word(path) };
}

/** The status of what came before, `$?`. */
export function lastStatus(): WordNode {
  return { type: 'Word', parts: [{ type: 'ParameterExpansion', parameter: '?', operation: null }] };
}

export function simple(name: string, args: readonly WordNode[]): SimpleCommandNode {
  return { type: 'SimpleCommand', assignments: [], name: word(name), args: [...args], redirections: [] };
}

/** Commands with `&&` and `||` between them. */
export function statementOf(
  commands: readonly CommandNode[],
  operators: ('&&' | '||')[] = [],
): StatementNode {
  const pipelines = commands.map((command): PipelineNode => ({
    type: 'Pipeline',
    commands: [command],
    negated: false,
  }));
  return { type: 'Statement', pipelines, operators, background: false };
}

/** A here-document or a here-string. */
export function isHere({ operator }: RedirectionNode): boolean {
  return HERE.has(operator);
}

/** On descriptors 0 to 2, and to a file or to one of them. */
export function isPlain({ fd, fdVariable, operator, target }: RedirectionNode): boolean {
  if (fdVariable !== undefined || (fd !== null && fd > 2) || !PLAIN_OPERATORS.has(operator)) return false;
  if (operator !== '>&') return true;
  const number = literal(target as WordNode);
  return number === '1' || number === '2';
}

/** Its standard input is not the session's. */
export function readsElsewhere({ redirections }: SimpleCommandNode): boolean {
  return redirections.some(({ fd, operator }) => (fd ?? 0) === 0 && operator.startsWith('<'));
}
