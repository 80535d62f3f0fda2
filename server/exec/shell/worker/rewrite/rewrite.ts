import { parse, serialize } from '../engine.ts';
import type { CommandNode, PipelineNode, ScriptNode, SimpleCommandNode, StatementNode } from '../engine.ts';
import { decodeReads } from './read-text.ts';
import { functionsOf, sameScript, withoutSerializerFaults } from '../syntax.ts';
import { withoutAlias, type Aliases } from './aliases.ts';
import { CLOSE_PIPE, ERR, OPEN_PIPE, OUT } from './names.ts';
import { lastStatus, simple, statementOf, to, word } from './nodes.ts';
import { separateValues } from './xargs.ts';
import { SimpleCommands, type Place, type SimpleCommandOptions } from './simple-commands.ts';

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

export interface RewriteOptions extends SimpleCommandOptions {
  readonly aliases: Aliases;
}

/** The line as the engine is to see it. Where the engine's own serializer cannot be trusted with it: the line itself. */
export function rewrite(script: ScriptNode, source: string, options: RewriteOptions): string {
  withoutSerializerFaults(script);
  try {
    if (!sameScript(parse(serialize(script)), script)) return source;
  } catch {
    return source;
  }
  decodeReads(script);
  separateValues(script);
  const functions = new Set([...options.functions, ...functionsOf(script)]);
  return serialize({
    ...script,
    statements: new Rewriter({ ...options, functions }).statements(script.statements),
  });
}

class Rewriter {
  readonly #simple: SimpleCommands;
  readonly #aliases: Aliases;

  constructor({ aliases, ...options }: RewriteOptions) {
    this.#simple = new SimpleCommands(options);
    this.#aliases = aliases;
  }

  statements(statements: readonly StatementNode[]): StatementNode[] {
    return statements.map((statement) => {
      if (statement.deferredError !== undefined) return statement;
      const { sourceText: _stale, ...rest } = statement;
      return { ...rest, pipelines: statement.pipelines.map((pipeline) => this.#pipeline(pipeline)) };
    });
  }

  #pipeline(pipeline: PipelineNode): PipelineNode {
    const commands = pipeline.commands.map((command) => withoutAlias(command, this.#aliases));
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
          this.#simple.run(commands.slice(at, end) as SimpleCommandNode[], {
            input: at === 0 ? 'session' : 'pipe',
            output,
          }),
        );
      else if (pipeline.pipeStderr?.[at] === true) joined.push(commands[at] as CommandNode);
      else
        joined.push(
          this.#inPipe(commands[at] as CommandNode, { first: at === 0, last: at + 1 === commands.length }),
        );
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
    const programs = this.#simple.run(commands.slice(0, -1) as SimpleCommandNode[], {
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
      if (!this.#simple.isRunnable(commands[at] as CommandNode, at === start)) break;
    }
    return at;
  }

  /** A command that stands by itself: what it writes goes to the session. */
  #alone(command: CommandNode): CommandNode {
    if (command.type === 'SimpleCommand') return this.#simple.rewritten(command, { first: true, last: true });
    return this.#compound(command) ?? this.#inPipe(command, { first: false, last: true });
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
  #inPipe(command: CommandNode, place: Place): CommandNode {
    if (command.type === 'SimpleCommand') return this.#simple.rewritten(command, place);
    if (command.type === 'FunctionDef') return command;
    const more = place.last ? [to(1, OUT), to(2, ERR)] : [to(2, ERR)];
    return { ...command, redirections: [...more, ...command.redirections] };
  }
}

/** Ends the programs before a compound command, with a status; absent: that of what came before. */
function closing(status: '0' | undefined): SimpleCommandNode {
  return simple(CLOSE_PIPE, [status === undefined ? lastStatus() : word(status)]);
}

/** A subshell that begins with one would be written as `((`, which is arithmetic. */
function apart(body: StatementNode[]): StatementNode[] {
  if (body[0]?.pipelines[0]?.commands[0]?.type !== 'Subshell') return body;
  return [statementOf([simple(':', [])]), ...body];
}
