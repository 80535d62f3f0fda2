import type { Outcome } from '../workload.ts';
import { median } from '../statistics.ts';
import type { SftpConnection } from './connection.ts';
import { AT, FLAGS, packet, STATUS, string, TYPE, uint32, uint64 } from './packets.ts';

/** What the scripted client can be told to do. Paths are absolute, sizes in bytes. */
export type Job =
  | { readonly kind: 'put'; readonly path: string; readonly size: number }
  | { readonly kind: 'get'; readonly path: string; readonly size: number }
  | (Scattered & { readonly kind: 'random read' })
  | (Scattered & { readonly kind: 'random write' })
  /** Files `DIRECTORY/0`, `DIRECTORY/1`, …; the directory is made by `put`. */
  | {
      readonly kind: 'small';
      readonly what: SmallJob;
      readonly directory: string;
      readonly files: number;
      readonly size: number;
    }
  | { readonly kind: 'list'; readonly directory: string; readonly names: number }
  /** Asks for a file's attributes, one request after the other, until `enough` aborts. */
  | { readonly kind: 'watch'; readonly path: string }
  | { readonly kind: 'remove'; readonly path: string };

interface Scattered {
  readonly path: string;
  readonly size: number;
  readonly count: number;
}

export type SmallJob = 'put' | 'get' | 'stat' | 'remove';

/** Requests on their way. */
const IN_FLIGHT = 64;
/** What every server takes and gives at once. */
const PIECE = 32 * 1024;
const SMALL_PIECE = 4096;
const PERMISSIONS = 4;

/** Does the job. `enough` aborts when a job without an end shall end. */
export function doJob(connection: SftpConnection, job: Job, enough: AbortSignal): Promise<Outcome> {
  const work = JOBS[job.kind] as (
    connection: SftpConnection,
    job: Job,
    enough: AbortSignal,
  ) => Promise<Outcome>;
  return work(connection, job, enough);
}

/** A job of one kind. */
type Kind<K extends Job['kind']> = Extract<Job, { readonly kind: K }>;

const JOBS: {
  readonly [K in Job['kind']]: (
    connection: SftpConnection,
    job: Kind<K>,
    enough: AbortSignal,
  ) => Promise<Outcome>;
} = { put, get, 'random read': random, 'random write': random, small, list, watch, remove };

async function put(connection: SftpConnection, { path, size }: Kind<'put'>): Promise<Outcome> {
  const handle = await open(connection, path, FLAGS.create);
  const content = incompressible(PIECE);
  await pipelined(
    Math.ceil(size / PIECE),
    writer(connection, handle, PIECE, content, (index) => index * PIECE),
  );
  await connection.ask(TYPE.close, string(handle));
  return {};
}

async function get(connection: SftpConnection, { path, size }: Kind<'get'>): Promise<Outcome> {
  const handle = await open(connection, path, FLAGS.read);
  await pipelined(
    Math.ceil(size / PIECE),
    reader(connection, handle, PIECE, (index) => index * PIECE),
  );
  await connection.ask(TYPE.close, string(handle));
  return {};
}

async function random(
  connection: SftpConnection,
  { kind, path, size, count }: Kind<'random read'> | Kind<'random write'>,
): Promise<Outcome> {
  const writes = kind === 'random write';
  const handle = await open(connection, path, writes ? FLAGS.write : FLAGS.read);
  const blocks = Math.floor(size / SMALL_PIECE);
  const at = scattered(blocks);
  const place = (index: number): number => at(index) * SMALL_PIECE;
  await pipelined(
    count,
    writes
      ? writer(connection, handle, SMALL_PIECE, incompressible(SMALL_PIECE), place)
      : reader(connection, handle, SMALL_PIECE, place),
  );
  await connection.ask(TYPE.close, string(handle));
  return {};
}

async function small(
  connection: SftpConnection,
  { what, directory, files, size }: Kind<'small'>,
): Promise<Outcome> {
  const content = incompressible(size);
  if (what === 'put') await connection.ask(TYPE.mkdir, string(directory), uint32(0));
  const each: Readonly<Record<SmallJob, (path: Buffer) => Promise<unknown>>> = {
    put: async (path) => {
      const handle = handleOf(await connection.ask(TYPE.open, path, uint32(FLAGS.create), uint32(0)));
      if (size > 0) await connection.ask(TYPE.write, string(handle), uint64(0), string(content));
      await connection.ask(TYPE.close, string(handle));
    },
    get: async (path) => {
      const handle = handleOf(await connection.ask(TYPE.open, path, uint32(FLAGS.read), uint32(0)));
      const { length } = await connection.ask(TYPE.read, string(handle), uint64(0), uint32(size));
      if (length !== size) throw new Error(`a small file has ${length} bytes instead of ${size}`);
      await connection.ask(TYPE.close, string(handle));
    },
    stat: (path) => connection.ask(TYPE.stat, path),
    remove: (path) => connection.ask(TYPE.remove, path),
  };
  await pipelined(files, (index) => each[what](string(`${directory}/${index}`)));
  return {};
}

async function list(connection: SftpConnection, { directory, names }: Kind<'list'>): Promise<Outcome> {
  const handle = handleOf(await connection.ask(TYPE.opendir, string(directory)));
  let listed = 0;
  for (;;) {
    const answer = await connection.ask(TYPE.readdir, string(handle));
    if (answer.type === TYPE.status) break;
    listed += answer.fields.readUInt32BE(0);
  }
  await connection.ask(TYPE.close, string(handle));
  // Some servers also list `.` and `..`.
  if (listed < names) throw new Error(`${listed} names were listed instead of ${names}`);
  return {};
}

async function watch(
  connection: SftpConnection,
  { path }: Kind<'watch'>,
  enough: AbortSignal,
): Promise<Outcome> {
  const milliseconds: number[] = [];
  while (!enough.aborted) {
    const begun = performance.now();
    await connection.ask(TYPE.stat, string(path));
    milliseconds.push(performance.now() - begun);
  }
  const sorted = Float64Array.from(milliseconds).sort();
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
  const max = sorted.at(-1) ?? Number.NaN;
  return { value: p99, figures: { 'p50 ms': median(milliseconds), 'p99 ms': p99, 'max ms': max } };
}

async function remove(connection: SftpConnection, { path }: Kind<'remove'>): Promise<Outcome> {
  await connection.ask(TYPE.remove, string(path));
  return {};
}

/** Runs `count` pieces of work, as many at once as may be in flight. */
async function pipelined(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, count) }, lane));
}

/** Writes a piece at a place; the buffers of packets are used again and again. */
function writer(
  connection: SftpConnection,
  handle: Buffer,
  length: number,
  content: Buffer,
  place: (index: number) => number,
): (index: number) => Promise<void> {
  const free: Buffer[] = [];
  const offsetAt = AT.fields + 4 + handle.length;
  return (index) =>
    new Promise((resolve, reject) => {
      const request =
        free.pop() ??
        packet(TYPE.write, uint32(0), string(handle), uint64(0), string(content.subarray(0, length)));
      request.writeBigUInt64BE(BigInt(place(index)), offsetAt);
      connection.send(request, (answer) => {
        free.push(request);
        if (answer.type === TYPE.status && answer.fields.readUInt32BE(0) === STATUS.ok) resolve();
        else reject(new Error('a write failed'));
      });
    });
}

/** Reads a piece at a place; less than all of it is an error, so sizes must be whole pieces. */
function reader(
  connection: SftpConnection,
  handle: Buffer,
  length: number,
  place: (index: number) => number,
): (index: number) => Promise<void> {
  return (index) =>
    new Promise((resolve, reject) => {
      const request = packet(TYPE.read, uint32(0), string(handle), uint64(place(index)), uint32(length));
      connection.send(request, (answer) => {
        if (answer.type === TYPE.data && answer.length === length) resolve();
        else reject(new Error(`a read of ${length} bytes gave ${answer.length}`));
      });
    });
}

async function open(connection: SftpConnection, path: string, flags: number): Promise<Buffer> {
  const attributes = flags === FLAGS.create ? [uint32(PERMISSIONS), uint32(0o644)] : [uint32(0)];
  return handleOf(await connection.ask(TYPE.open, string(path), uint32(flags), ...attributes));
}

function handleOf({ type, fields }: { readonly type: number; readonly fields: Buffer }): Buffer {
  if (type !== TYPE.handle) throw new Error('nothing was opened');
  return fields.subarray(4, 4 + fields.readUInt32BE(0));
}

/** Bytes that no server can make smaller; the same in every run. */
function incompressible(length: number): Buffer {
  const next = generator(length);
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index++) bytes[index] = next() * 256;
  return bytes;
}

/** Places below `count` for each index; the same in every run. */
function scattered(count: number): (index: number) => number {
  const next = generator(count);
  return () => Math.floor(next() * count);
}

/** mulberry32: numbers from 0 to 1. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
