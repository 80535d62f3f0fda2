import { parse, serialize } from './engine.ts';
import type {
  CommandNode,
  PipelineNode,
  ScriptNode,
  SimpleCommandNode,
  StatementNode,
  WordNode,
} from './engine.ts';
import { programName } from '../../programs.ts';
import { DECODE, decodeReads } from './read-text.ts';
import { functionsOf, literal, sameScript, withoutSerializerFaults } from './syntax.ts';

/*
 * The engine runs a line to its end and answers what all of it has written as one string. So that output comes when it
 * is made, and programs of ours stream, a line is rewritten before the engine sees it:
 *
 * - Neighbours in a pipeline that are programs of ours become one command `RUN`, with marks between its words for what
 *   stood between the commands. The engine expands the words; RUN opens files and runs the programs on streams.
 * - Any other command that is not inside of a pipe, a substitution or a function gets its output redirected to OUT and
 *   ERR, which go to the client as soon as the command has ended.
 * - A shell that is started there is one of ours, by NEST: it reads its commands from where this one reads.
 * - Programs of ours before a group, a loop or the like at the end of a pipe run beside it: OPEN_PIPE starts them, with their output as
 *   the session's input, and CLOSE_PIPE ends them. What is in the loop is then rewritten as if it stood by itself.
 * - After `read` goes a command that makes text of the bytes that it leaves (read-text.ts).
 * - What reads standard input at such a place reads the session's: by RUN, by FEED, or, for `read`, from LINE.
 */

export const RUN = '__run';
export const OPEN_PIPE = '__open';
export const CLOSE_PIPE = '__close';
export const FEED = '__feed';
export const NEST = '__nest';
/** For NEST: its commands come from its own standard input. */
export const PIPED = '--piped';
export const REDIRECT_SESSION = '__redirect';
export const OUT = '/dev/.out';
export const ERR = '/dev/.err';
export const LINE = '/dev/.line';

export interface RewriteOptions {
  /** Begins every mark. Nobody can guess it, so no word of a person is taken for one. */
  readonly nonce: string;
  /** A program of ours, streaming. */
  readonly isProgram: (name: string) => boolean;
  /** A command of the engine that reads standard input where it is given no files. */
  readonly readsInput: (name: string) => boolean;
  readonly functions: ReadonlySet<string>;
  /** What aliases stand for, by their names. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** Where a run of programs gets its input and puts its output. */
export interface RunEnds {
  /** `pipe`: what the engine has on standard input; `session`: the client. */
  readonly input: 'pipe' | 'session';
  /** `pipe`: an answer to the engine. */
  readonly output: 'pipe' | 'session';
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
const PLAIN_OPERATORS: ReadonlySet<string> = new Set(['<', '>', '>>', '>|', '>&', '&>', '&>>']);
const HERE: ReadonlySet<string> = new Set(['<<', '<<-', '<<<']);

/** The line as the engine is to see it. Where the engine's own serializer cannot be trusted with it: the line itself. */
export function rewrite(script: ScriptNode, source: string, options: RewriteOptions): string {
  withoutSerializerFaults(script);
  try {
    if (!sameScript(parse(serialize(script)), script)) return source;
  } catch {
    return source;
  }
  decodeReads(script);
  const functions = new Set([...options.functions, ...functionsOf(script)]);
  return serialize({
    ...script,
    statements: new Rewriter({ ...options, functions }).statements(script.statements),
  });
}

class Rewriter {
  readonly #options: RewriteOptions;

  constructor(options: RewriteOptions) {
    this.#options = options;
  }

  statements(statements: readonly StatementNode[]): StatementNode[] {
    return statements.map((statement) => {
      if (statement.deferredError !== undefined) return statement;
      const { sourceText: _stale, ...rest } = statement;
      return { ...rest, pipelines: statement.pipelines.map((pipeline) => this.#pipeline(pipeline)) };
    });
  }

  #pipeline(pipeline: PipelineNode): PipelineNode {
    const commands = pipeline.commands.map((command) => this.#withoutAlias(command));
    const [only] = commands;
    if (commands.length === 1 && only !== undefined) return { ...pipeline, commands: [this.#alone(only)] };
    const compound = this.#afterPrograms(commands, pipeline);
    if (compound !== undefined) return { ...pipeline, commands: [compound], pipeStderr: [] };
    const joined: CommandNode[] = [];
    const pipeStderr: boolean[] = [];
    for (let at = 0; at < commands.length;) {
      const end = this.#endOfRun(commands, pipeline, at);
      const last = end === commands.length;
      const output = last ? 'session' : 'pipe';
      if (end > at)
        joined.push(
          this.#run(commands.slice(at, end) as SimpleCommandNode[], {
            input: at === 0 ? 'session' : 'pipe',
            output,
          }),
        );
      else if (pipeline.pipeStderr?.[at] === true) joined.push(commands[at] as CommandNode);
      else joined.push(this.#inPipe(commands[at] as CommandNode, at === 0, at + 1 === commands.length));
      at = Math.max(end, at + 1);
      if (at < commands.length) pipeStderr.push(pipeline.pipeStderr?.[at - 1] ?? false);
    }
    return { ...pipeline, commands: joined, pipeStderr };
  }

  /** Programs of ours, and a compound command that reads what they write; absent where it is not that. */
  #afterPrograms(commands: readonly CommandNode[], pipeline: PipelineNode): CommandNode | undefined {
    const last = commands.at(-1) as CommandNode;
    if (this.#endOfRun(commands, pipeline, 0) !== commands.length - 1 || last.type === 'SimpleCommand')
      return undefined;
    if (pipeline.pipeStderr?.includes(true) === true) return undefined;
    const body = this.#compound(last);
    if (body === undefined || body.type === 'FunctionDef') return undefined;
    const programs = this.#run(commands.slice(0, -1) as SimpleCommandNode[], {
      input: 'session',
      output: 'session',
    });
    const open = { ...programs, name: word(OPEN_PIPE) };
    // What is one already is not put into another: `((` would be arithmetic.
    const inner: CommandNode =
      body.type === 'Subshell' ? body : { type: 'Subshell', body: [statementOf([body])], redirections: [] };
    const close = statementOf([inner, closing('0'), closing(undefined)], ['&&', '||']);
    return { type: 'Subshell', body: [statementOf([open]), close], redirections: [] };
  }

  /** Where the programs that begin at `start` end; `start` where there is none. */
  #endOfRun(commands: readonly CommandNode[], { pipeStderr }: PipelineNode, start: number): number {
    let at = start;
    for (; at < commands.length; at++) {
      if (pipeStderr?.[at] === true || (at > start && pipeStderr?.[at - 1] === true)) break;
      if (!this.#runnable(commands[at] as CommandNode, at === start)) break;
    }
    return at;
  }

  /** A command that stands by itself: what it writes goes to the session. */
  #alone(command: CommandNode): CommandNode {
    if (command.type === 'SimpleCommand') return this.#simple(command, true, true);
    return this.#compound(command) ?? this.#inPipe(command, false, true);
  }

  /** What it holds, rewritten; absent where its own redirections stand in the way. */
  #compound(command: Exclude<CommandNode, SimpleCommandNode>): CommandNode | undefined {
    if (command.type === 'FunctionDef') return command;
    if (command.redirections.length > 0) return undefined;
    switch (command.type) {
      case 'If':
        return {
          ...command,
          clauses: command.clauses.map(({ condition, body }) => ({
            condition: this.statements(condition),
            body: this.statements(body),
          })),
          elseBody: command.elseBody === null ? null : this.statements(command.elseBody),
        };
      case 'While':
      case 'Until':
        return {
          ...command,
          condition: this.statements(command.condition),
          body: this.statements(command.body),
        };
      case 'Case':
        return {
          ...command,
          items: command.items.map((item) => ({ ...item, body: this.statements(item.body) })),
        };
      case 'Subshell':
        return { ...command, body: apart(this.statements(command.body)) };
      case 'For':
      case 'CStyleFor':
      case 'Group':
        return { ...command, body: this.statements(command.body) };
      case 'ArithmeticCommand':
      case 'ConditionalCommand':
      default:
        return undefined;
    }
  }

  /** A command of the engine, at the beginning, in the middle or at the end of a pipe. */
  #inPipe(command: CommandNode, first: boolean, last: boolean): CommandNode {
    if (command.type === 'SimpleCommand') return this.#simple(command, first, last);
    if (command.type === 'FunctionDef') return command;
    const more = last ? [to(1, OUT), to(2, ERR)] : [to(2, ERR)];
    return { ...command, redirections: [...more, ...command.redirections] };
  }

  #simple(command: SimpleCommandNode, first: boolean, last: boolean): SimpleCommandNode {
    const name = literal(command.name);
    if (command.name === null || (name !== undefined && UNTOUCHED.has(name))) return command;
    if (name === 'exec') return first && last ? this.#exec(command) : command;
    if (first && last && this.#runnable(command, true))
      return this.#run([command], { input: 'session', output: 'session' });
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

  #runnable(command: CommandNode, first: boolean): boolean {
    if (command.type !== 'SimpleCommand' || command.assignments.length > 0) return false;
    const name = literal(command.name);
    if (name === undefined || !this.#options.isProgram(name) || this.#options.functions.has(name))
      return false;
    return command.redirections.every(
      (redirection) =>
        isPlain(redirection) || (first && HERE.has(redirection.operator) && (redirection.fd ?? 0) === 0),
    );
  }

  #run(commands: readonly SimpleCommandNode[], ends: RunEnds): SimpleCommandNode {
    const here = commands.flatMap(({ redirections }) =>
      redirections.filter(({ operator }) => HERE.has(operator)),
    );
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
    return redirections.flatMap(({ fd, operator, target }) =>
      HERE.has(operator) ? [] : [word(`${this.#options.nonce}${fd ?? ''}${operator}`), target as WordNode],
    );
  }

  /** An alias in the place of a command, as far as it is words of one simple command. */
  #withoutAlias(command: CommandNode, seen: ReadonlySet<string> = new Set()): CommandNode {
    if (command.type !== 'SimpleCommand') return command;
    const name = literal(command.name);
    const text = name === undefined || seen.has(name) ? undefined : this.#options.aliases.get(name);
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
    return this.#withoutAlias(expanded, new Set([...seen, name]));
  }
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

/** On descriptors 0 to 2, and to a file or to one of them. */
function isPlain({ fd, fdVariable, operator, target }: SimpleCommandNode['redirections'][number]): boolean {
  if (fdVariable !== undefined || (fd !== null && fd > 2) || !PLAIN_OPERATORS.has(operator)) return false;
  if (operator !== '>&') return true;
  const number = literal(target as WordNode);
  return number === '1' || number === '2';
}

function readsElsewhere({ redirections }: SimpleCommandNode): boolean {
  return redirections.some(
    ({ fd, operator }) => (fd ?? 0) === 0 && (operator.startsWith('<') || HERE.has(operator)),
  );
}

/** Ends the programs before a compound command, with a status; absent: that of what came before. */
function closing(status: '0' | undefined): SimpleCommandNode {
  const last: WordNode = {
    type: 'Word',
    parts: [{ type: 'ParameterExpansion', parameter: '?', operation: null }],
  };
  const args = [status === undefined ? last : word(status)];
  return { type: 'SimpleCommand', assignments: [], name: word(CLOSE_PIPE), args, redirections: [] };
}

function statementOf(commands: readonly CommandNode[], operators: ('&&' | '||')[] = []): StatementNode {
  const pipelines = commands.map((command): PipelineNode => ({
    type: 'Pipeline',
    commands: [command],
    negated: false,
  }));
  return { type: 'Statement', pipelines, operators, background: false };
}

/** A subshell that begins with one would be written as `((`, which is arithmetic. */
function apart(body: StatementNode[]): StatementNode[] {
  if (body[0]?.pipelines[0]?.commands[0]?.type !== 'Subshell') return body;
  const nothing: SimpleCommandNode = {
    type: 'SimpleCommand',
    assignments: [],
    name: word(':'),
    args: [],
    redirections: [],
  };
  return [statementOf([nothing]), ...body];
}

function word(text: string): WordNode {
  return { type: 'Word', parts: [{ type: 'SingleQuoted', value: text }] };
}

function to(fd: number, path: string): SimpleCommandNode['redirections'][number] {
  return { type: 'Redirection', fd, operator: '>', target: word(path) };
}

function from(path: string): SimpleCommandNode['redirections'][number] {
  return { type: 'Redirection', fd: 0, operator: '<', target: word(path) };
}
