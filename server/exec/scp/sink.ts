import type { CallContext, VfsBackend } from '../../../vfs/backend.ts';
import { isVfsError, VfsError } from '../../../vfs/errors.ts';
import { decodeText } from '../../../vfs/names.ts';
import { childOf } from '../../../vfs/extensions/entries.ts';
import type { VfsPath } from '../../../vfs/path.ts';
import type { Stats, StatsChange, Timestamp } from '../../../vfs/stats.ts';
import { errorText } from '../error-text.ts';
import { Upload } from '../upload.ts';
import { ScpEnd, type ScpPeer } from './peer.ts';
import { LINE_MAX, parseRecord, ScpProtocolError, type ScpRecord, type ScpTimes } from './records.ts';

/** Bytes gathered for one write: two chunks of a storage. */
const BLOCK = 256 * 1024;
/** Set-user-id, set-group-id and sticky are kept with `-p` only. */
const SPECIAL_BITS = 0o7000;

export interface SinkOptions {
  readonly storage: VfsBackend;
  readonly ctx: CallContext;
  readonly umask: number;
  readonly recursive: boolean;
  readonly preserve: boolean;
  readonly targetIsDirectory: boolean;
}

type Entry = Extract<ScpRecord, { kind: 'file' | 'directory' }>;

/** Receives files and directories (scp -t), as `sink` of OpenSSH's scp.c does; an upload that fails changes nothing. */
export class ScpSink {
  readonly #peer: ScpPeer;
  readonly #options: SinkOptions;
  readonly #buffers = [Buffer.allocUnsafeSlow(BLOCK), Buffer.allocUnsafeSlow(BLOCK)] as const;

  constructor(peer: ScpPeer, options: SinkOptions) {
    this.#peer = peer;
    this.#options = options;
  }

  /** Everything up to the end of a directory, or of the transfer. `shown`: the target as the other side knows it. */
  async receive(target: VfsPath, shown: string): Promise<void> {
    const peer = this.#peer;
    const isDirectory = (await this.#typeOf(target)) === 'directory';
    if (this.#options.targetIsDirectory && !isDirectory) {
      await peer.end(`${shown}: ${await this.#whyNoDirectory(target)}`);
    }
    await peer.ok();
    let times: ScpTimes | undefined;
    for (let first = true; ; first = false) {
      const line = await peer.input.line(LINE_MAX);
      if (line === undefined) return;
      const record = await this.#record(line, first);
      if (record === 'end') return;
      if (record === 'told') continue;
      if (record.kind === 'times') {
        times = record.times;
        await peer.ok();
        continue;
      }
      const name = await this.#checkedName(record);
      const path = isDirectory ? childOf(target, name) : target;
      const text = isDirectory ? childOf(shown as VfsPath, name) : shown;
      if (record.kind === 'directory') await this.#directory(record, path, text, times);
      else await this.#file(record, path, text, times);
      times = undefined;
    }
  }

  async #record(line: Buffer, first: boolean): Promise<ScpRecord | 'told' | 'end'> {
    const peer = this.#peer;
    const whole = line.at(-1) === 0x0a;
    if (whole && line.length === 1) await peer.end('protocol error: unexpected <newline>');
    if (!whole && line.length < LINE_MAX) await peer.end('protocol error: lost connection');
    await peer.tell(`Sink: ${decodeText(line)}`);
    const kind = line[0];
    if (kind === 1 || kind === 2) {
      peer.failed = true;
      if (kind === 2) throw new ScpEnd();
      return 'told';
    }
    if (kind === 0x45) {
      await peer.ok();
      return 'end';
    }
    const text = whole ? line.subarray(0, -1) : line;
    if (kind !== 0x54 && kind !== 0x43 && kind !== 0x44) {
      await peer.end(first ? decodeText(text) : 'protocol error: expected control record');
    }
    try {
      return parseRecord(text);
    } catch (error) {
      if (!(error instanceof ScpProtocolError)) throw error;
      return peer.end(`protocol error: ${error.message}`);
    }
  }

  /** Nothing that leads elsewhere. */
  async #checkedName({ name }: Entry): Promise<string> {
    const text = decodeText(name);
    const leadsElsewhere = text === '' || text === '.' || text === '..' || text.includes('/');
    if (leadsElsewhere || text.includes('\0')) await this.#peer.end(`error: unexpected filename: ${text}`);
    return text;
  }

  #mode({ mode }: Entry): number {
    const { preserve, umask } = this.#options;
    return preserve ? mode : mode & ~(umask | SPECIAL_BITS);
  }

  async #directory(record: Entry, path: VfsPath, shown: string, times: ScpTimes | undefined): Promise<void> {
    const { storage, ctx, recursive, preserve } = this.#options;
    if (!recursive) await this.#peer.end('protocol error: received directory without -r');
    const mode = this.#mode(record);
    let isNew = false;
    try {
      const type = await this.#typeOf(path);
      if (type !== undefined && type !== 'directory') throw new VfsError('ENOTDIR');
      isNew = type === undefined;
      // What comes into it must be written, whatever its mode will be.
      if (isNew) await storage.mkdir(path, mode | 0o700, ctx);
      else if (preserve) await this.#change(path, { mode: mode | 0o700 });
    } catch (error) {
      return this.#peer.fail(`${shown}: ${errorText(error)}`);
    }
    await this.receive(path, shown);
    await this.#change(path, { ...timesOf(times), ...(isNew || preserve ? { mode } : {}) });
  }

  /** What fails here is not worth an error, as with OpenSSH. */
  async #change(path: VfsPath, change: StatsChange): Promise<void> {
    const { storage, ctx } = this.#options;
    try {
      await storage.setstat(path, change, { ...ctx, follow: true });
    } catch (error) {
      if (!isVfsError(error)) throw error;
    }
  }

  async #file(record: Entry, path: VfsPath, shown: string, times: ScpTimes | undefined): Promise<void> {
    const { storage, ctx, preserve } = this.#options;
    const peer = this.#peer;
    const mode = this.#mode(record);
    const size = Number(record.size);
    let upload: Upload;
    try {
      if (!Number.isSafeInteger(size)) throw new VfsError('EFBIG');
      upload = await Upload.begin(storage, path, mode, ctx);
    } catch (error) {
      return peer.fail(`${shown}: ${errorText(error)}`);
    }
    let problem: unknown;
    try {
      await peer.ok();
      problem = await this.#content(upload, size);
      // OpenSSH takes it all the same where the other side could not read its file to the end.
      const isWhole = await peer.response();
      if (problem === undefined && isWhole) {
        problem = await failureOf(upload.finish({ size, ...timesOf(times), ...(preserve ? { mode } : {}) }));
      } else await upload.abandon();
    } catch (error) {
      await upload.abandon();
      throw error;
    }
    if (problem === undefined) await peer.ok();
    else await peer.fail(`${shown}: ${errorText(problem)}`);
  }

  /** Takes all bytes off the stream, and answers what went wrong with them. A block is written while the next one comes. */
  async #content(upload: Upload, size: number): Promise<unknown> {
    let problem: unknown;
    let writing: Promise<unknown> = Promise.resolve();
    try {
      for (let position = 0, turn = 0; position < size; turn = 1 - turn) {
        const buffer = this.#buffers[turn] as Buffer;
        const block = buffer.subarray(0, Math.min(BLOCK, size - position));
        const length = await this.#peer.input.fill(block);
        if (length < block.length) await this.#peer.end('dropped connection');
        problem ??= await writing;
        if (problem === undefined) writing = failureOf(upload.write(position, block));
        position += block.length;
      }
    } finally {
      problem ??= await writing;
    }
    return problem;
  }

  async #whyNoDirectory(path: VfsPath): Promise<string> {
    const { storage, ctx } = this.#options;
    const failure = await failureOf(storage.lstat(path, { ...ctx, follow: true }));
    return errorText(failure ?? new VfsError('ENOTDIR'));
  }

  async #typeOf(path: VfsPath): Promise<Stats['type'] | undefined> {
    const { storage, ctx } = this.#options;
    try {
      return (await storage.lstat(path, { ...ctx, follow: true })).type;
    } catch (error) {
      if (!isVfsError(error)) throw error;
      return undefined;
    }
  }
}

function timesOf(times: ScpTimes | undefined): Pick<StatsChange, 'atime' | 'mtime'> {
  if (times === undefined) return {};
  return { mtime: timestamp(times.mtime), atime: timestamp(times.atime) };
}

function timestamp([seconds, microseconds]: readonly [number, number]): Timestamp {
  return { seconds, nanoseconds: microseconds * 1000 };
}

/** What a promise was rejected with. */
function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
