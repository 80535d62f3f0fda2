import type { CallContext, VfsBackend } from '../../../vfs/backend.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import type { Stats } from '../../../vfs/stats.ts';
import { errorText } from '../error-text.ts';
import { send, TextOutput } from '../output.ts';
import { pathFrom } from '../paths.ts';
import type { Program, ProgramContext } from '../program.ts';
import { parseOptions, UsageError, type OptionTable, type Options, type ParseSettings } from './options.ts';
import { quoted } from './quoted.ts';

/** One run of a tool: what it was asked, the storage, and how it speaks. */
export class Run<N extends string = string> {
  readonly name: string;
  readonly context: ProgramContext;
  readonly options: Options<N>;
  readonly operands: readonly string[];
  readonly storage: VfsBackend;
  readonly ctx: CallContext;
  /** Says the same and has symlinks followed. */
  readonly following: CallContext;
  /** What the run will answer. */
  status = 0;
  readonly #out: TextOutput;

  constructor(name: string, context: ProgramContext, options: Options<N>, operands: readonly string[]) {
    this.name = name;
    this.context = context;
    this.options = options;
    this.operands = operands;
    this.storage = context.mount;
    this.ctx = { signal: context.signal };
    this.following = { signal: context.signal, follow: true };
    this.#out = new TextOutput(context.stdout, context.signal);
  }

  /** A path as the command line has it, for the mount. */
  path(text: string): VfsPath {
    return pathFrom(this.context.cwd, text);
  }

  /** What a path leads to, symlinks followed. */
  async stat(text: string): Promise<Stats> {
    return this.storage.lstat(this.path(text), this.following);
  }

  async lstat(text: string): Promise<Stats> {
    return this.storage.lstat(this.path(text), this.ctx);
  }

  print(text: string): Promise<void> {
    return this.#out.print(text);
  }

  flush(): Promise<void> {
    return this.#out.flush();
  }

  /** Bytes to stdout, after the text before them. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.flush();
    await send(this.context.stdout, bytes, this.context.signal);
  }

  /** A line on stderr, after the output before it; the run goes on and will answer `status`. */
  async complain(message: string, status = 1): Promise<void> {
    await this.flush();
    this.status = Math.max(this.status, status);
    await send(this.context.stderr, `${this.name}: ${message}\n`, this.context.signal);
  }

  /** Does something for one operand; a failure of the storage is told as GNU's tools do (`cannot open 'x': …`), and the run goes on. */
  async attempt(label: string, act: () => Promise<unknown>, status = 1): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      this.context.signal.throwIfAborted();
      await this.complain(`${label}: ${errorText(error)}`, status);
      return false;
    }
  }
}

/** For helpers that do not ask for options. */
export type AnyRun = Omit<Run, 'options'>;

export interface ToolSettings extends ParseSettings {
  /** The status of a wrong use. Default: 1. */
  readonly usageStatus?: number | undefined;
  /** Operands at least. Default: 0. */
  readonly operandsMin?: number | undefined;
  readonly operandsMax?: number | undefined;
}

/** A program of options and operands. Its status is what the body answers, or that of its complaints. */
export function tool<T extends OptionTable>(
  name: string,
  table: T,
  body: (run: Run<keyof T & string>) => Promise<number | void>,
  { usageStatus = 1, operandsMin = 0, operandsMax = Infinity, ...settings }: ToolSettings = {},
): Program {
  return async (context) => {
    try {
      const { options, operands } = parseOptions(context.args, table, settings);
      checkOperands(operands, operandsMin, operandsMax);
      const run = new Run(name, context, options, operands);
      const status = await body(run);
      await run.flush();
      return status ?? run.status;
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      await send(context.stderr, `${name}: ${error.message}\n`, context.signal);
      return usageStatus;
    }
  };
}

function checkOperands(operands: readonly string[], min: number, max: number): void {
  if (operands.length < min) {
    const last = operands.at(-1);
    throw new UsageError(last === undefined ? 'missing operand' : `missing operand after ${quoted(last)}`);
  }
  if (operands.length > max) throw new UsageError(`extra operand ${quoted(operands[max] ?? '')}`);
}
