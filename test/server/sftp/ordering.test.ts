import { expect } from 'chai';
import * as fc from 'fast-check';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { OPEN_FLAG, PACKET } from '../../../server/sftp/protocol.ts';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import type { Layer } from '../../../vfs/layer.ts';
import { actsOnHandle } from '../../../vfs/ops.ts';
import {
  attrs,
  handleIn,
  packet,
  str,
  u32,
  u64,
  u8,
  type Field,
  type RawReply,
} from '../../support/sftp-client.ts';
import { openSession } from '../../support/sftp-session.ts';

const { READ, WRITE, CREAT, TRUNC, EXCL, APPEND } = OPEN_FLAG;
const FILES = ['/a', '/b'];
const PATHS = ['/a', '/b', '/d', '/d/x', '/d/y', '/l', '/l/x', '/m/../a'];

/** One request of a program; handles by number. */
interface Step {
  readonly what: string;
  readonly type: number;
  /** The handle whose answers come in order; absent: names. */
  readonly lane: number | undefined;
  readonly fields: (handles: readonly Buffer[]) => readonly Field[];
}

/**
 * Like a stack whose layers think before they act on names, and a store that answers late: calls on names wait some
 * turns before they go down, calls on handles go down at once, and all answers take their time.
 */
function slow(delays: readonly number[], when: { begun: boolean }): Layer {
  let next = 0;
  const pause = async (): Promise<void> => {
    if (!when.begun) return;
    for (let turns = delays[next++ % delays.length] ?? 0; turns > 0; turns--) await nextTurn();
  };
  return (down) => async (call) => {
    if (!actsOnHandle(call.op)) await pause();
    const result = down(call);
    // The outcome is looked at below; a rejection in the meantime is nobody's oversight.
    result.catch(() => undefined);
    await pause();
    return result;
  };
}

async function prepared(delays: readonly number[]) {
  const backend = new MemoryBackend({ clock: () => ({ seconds: 1_000_000_000, nanoseconds: 0 }) });
  const when = { begun: false };
  const { client, done } = await openSession({
    backend,
    layers: [slow(delays, when)],
    now: () => 1_000_000_000_000,
  });
  await client.ask(PACKET.MKDIR, str('/d'), attrs());
  await client.ask(PACKET.SYMLINK, str('d'), str('/l'));
  const handles: Buffer[] = [];
  for (const path of FILES) {
    handles.push(await client.open(path, READ | WRITE | CREAT));
    await client.write(handles.at(-1) as Buffer, 0, `content of ${path}`);
  }
  handles.push(await client.open('/a', WRITE | APPEND));
  for (let index = 0; index < 105; index++) await client.ask(PACKET.MKDIR, str(`/d/dir${index}`), attrs());
  handles.push(handleIn(await client.ask(PACKET.OPENDIR, str('/d'))));
  when.begun = true;
  return { client, done, handles };
}

/** The answers by request, without the names of handles; and the order in which they came. */
async function run(program: readonly Step[], delays: readonly number[], together: boolean) {
  const { client, done, handles } = await prepared(delays);
  const packets = program.map(({ type, fields }, index) => packet(type, u32(index), ...fields(handles)));
  const replies: RawReply[] = [];
  if (together) client.send(Buffer.concat(packets));
  for (const bytes of packets) {
    if (!together) client.send(bytes);
    replies.push(...(await client.take(1)));
  }
  client.finish();
  await done;
  const answers = program.map(({ what }, index) => {
    const reply = replies.find(({ id }) => id === index);
    return `${what}: ${reply?.type === PACKET.HANDLE ? 'handle' : `${reply?.type} ${reply?.body.toString('latin1')}`}`;
  });
  return { answers, order: replies.map(({ id }) => id) };
}

const anyPath = fc.constantFrom(...PATHS);
const anyFile = fc.integer({ min: 0, max: 2 });
const anyOffset = fc.integer({ min: 0, max: 40 });
const anyText = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' });
const anyChange = fc.oneof(
  fc.record({ size: fc.integer({ min: 0, max: 50 }) }),
  fc.record({ permissions: fc.constantFrom(0o600, 0o755) }),
);

function onName(what: string, type: number, ...more: Field[]): fc.Arbitrary<Step> {
  return anyPath.map((path) => ({
    what: `${what} ${path}`,
    type,
    lane: undefined,
    fields: () => [str(path), ...more],
  }));
}

function onNames(what: string, type: number, ...before: Field[]): fc.Arbitrary<Step> {
  return fc.tuple(anyPath, anyPath).map(([from, to]) => ({
    what: `${what} ${from} ${to}`,
    type,
    lane: undefined,
    fields: () => [...before, str(from), str(to)],
  }));
}

function onFile(what: string, type: number, more: fc.Arbitrary<readonly Field[]>): fc.Arbitrary<Step> {
  return fc.tuple(anyFile, more).map(([file, fields]) => ({
    what: `${what} ${file}`,
    type,
    lane: file,
    fields: (handles) => [str(handles[file] as Buffer), ...fields],
  }));
}

const none = fc.constant<readonly Field[]>([]);
const write = onFile(
  'write',
  PACKET.WRITE,
  fc.tuple(anyOffset, anyText).map(([at, text]) => [u64(at), str(text)]),
);
const read = onFile(
  'read',
  PACKET.READ,
  anyOffset.map((at) => [u64(at), u32(10)]),
);
const copy = fc.tuple(anyFile, anyFile, anyOffset).map(([from, to, length]): Step => ({
  what: `copy-data ${from} ${to}`,
  type: PACKET.EXTENDED,
  lane: to,
  fields: (handles) => [
    str('copy-data'),
    str(handles[from] as Buffer),
    u64(0),
    u64(length),
    str(handles[to] as Buffer),
    u64(5),
  ],
}));

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: write },
  { weight: 4, arbitrary: read },
  onFile('fstat', PACKET.FSTAT, none),
  onFile(
    'fsetstat',
    PACKET.FSETSTAT,
    anyChange.map((change) => [attrs(change)]),
  ),
  onFile('close', PACKET.CLOSE, none),
  copy,
  fc.constant<Step>({
    what: 'readdir',
    type: PACKET.READDIR,
    lane: 3,
    fields: (handles) => [str(handles[3] as Buffer)],
  }),
  onName('stat', PACKET.STAT),
  onName('lstat', PACKET.LSTAT),
  onName('setstat', PACKET.SETSTAT, attrs({ size: 3 })),
  onName('open to read', PACKET.OPEN, u32(READ), attrs()),
  onName('open to cut', PACKET.OPEN, u32(WRITE | CREAT | TRUNC), attrs()),
  onName('open a new one', PACKET.OPEN, u32(WRITE | CREAT | EXCL), attrs()),
  onName('mkdir', PACKET.MKDIR, attrs()),
  onName('rmdir', PACKET.RMDIR),
  onName('remove', PACKET.REMOVE),
  onName('realpath', PACKET.REALPATH),
  onName('readlink', PACKET.READLINK),
  onName('opendir', PACKET.OPENDIR),
  onNames('rename', PACKET.RENAME),
  onNames('posix-rename', PACKET.EXTENDED, str('posix-rename@openssh.com')),
  onNames('hardlink', PACKET.EXTENDED, str('hardlink@openssh.com')),
  onNames('symlink', PACKET.SYMLINK),
);

function step(what: string, type: number, fields: (handles: readonly Buffer[]) => readonly Field[]): Step {
  return { what, type, lane: undefined, fields };
}

/** Each changes what the request after it sees. */
const DEPENDENT: Readonly<Record<string, readonly [Step, Step]>> = {
  'OPEN that makes a file': [
    step('open', PACKET.OPEN, () => [str('/new'), u32(WRITE | CREAT), attrs()]),
    step('stat', PACKET.STAT, () => [str('/new')]),
  ],
  'OPEN that cuts a file': [
    step('open', PACKET.OPEN, () => [str('/a'), u32(WRITE | TRUNC), attrs()]),
    step('read', PACKET.READ, ([a]) => [str(a as Buffer), u64(0), u32(10)]),
  ],
  SETSTAT: [
    step('setstat', PACKET.SETSTAT, () => [str('/a'), attrs({ size: 2 })]),
    step('read', PACKET.READ, ([a]) => [str(a as Buffer), u64(0), u32(10)]),
  ],
  lsetstat: [
    step('lsetstat', PACKET.EXTENDED, () => [
      str('lsetstat@openssh.com'),
      str('/l'),
      attrs({ times: [1, 2] }),
    ]),
    step('lstat', PACKET.LSTAT, () => [str('/l')]),
  ],
  MKDIR: [
    step('mkdir', PACKET.MKDIR, () => [str('/l/new'), attrs()]),
    step('opendir', PACKET.OPENDIR, () => [str('/d/new')]),
  ],
  RMDIR: [
    step('rmdir', PACKET.RMDIR, () => [str('/l/dir0')]),
    step('readdir', PACKET.READDIR, (handles) => [str(handles[3] as Buffer)]),
  ],
  REMOVE: [step('remove', PACKET.REMOVE, () => [str('/a')]), step('lstat', PACKET.LSTAT, () => [str('/a')])],
  RENAME: [
    step('rename', PACKET.RENAME, () => [str('/a'), str('/z')]),
    step('realpath', PACKET.REALPATH, () => [str('/z/..')]),
  ],
  'posix-rename': [
    step('posix-rename', PACKET.EXTENDED, () => [str('posix-rename@openssh.com'), str('/a'), str('/b')]),
    step('stat', PACKET.STAT, () => [str('/a')]),
  ],
  SYMLINK: [
    step('symlink', PACKET.SYMLINK, () => [str('d'), str('/n')]),
    step('readlink', PACKET.READLINK, () => [str('/n')]),
  ],
  hardlink: [
    step('hardlink', PACKET.EXTENDED, () => [str('hardlink@openssh.com'), str('/a'), str('/n')]),
    step('open', PACKET.OPEN, () => [str('/n'), u32(READ), attrs()]),
  ],
  'copy-data': [
    step('copy-data', PACKET.EXTENDED, ([a, b]) => [
      str('copy-data'),
      str(a as Buffer),
      u64(0),
      u64(3 * 1024 * 1024),
      str(b as Buffer),
      u64(0),
    ]),
    step('stat', PACKET.STAT, () => [str('/b')]),
  ],
  'a look': [
    step('stat', PACKET.STAT, () => [str('/a')]),
    step('write', PACKET.WRITE, ([a]) => [str(a as Buffer), u64(100), str('x')]),
  ],
};

describe('requests sent together', () => {
  for (const [what, pair] of Object.entries(DEPENDENT)) {
    it(`wait for ${what} before them`, async () => {
      const grow = step('fsetstat', PACKET.FSETSTAT, ([a]) => [
        str(a as Buffer),
        attrs({ size: 3 * 1024 * 1024 }),
      ]);
      const program = what === 'copy-data' ? [grow, ...pair] : pair;
      const apart = await run(program, [0], false);
      // Whichever call comes first below is slow, or the one after it.
      for (const slowOne of [0, 1, 2]) {
        const delays = Array.from({ length: 20 }, (_, index) => (index === slowOne ? 5 : 0));
        const together = await run(program, delays, true);
        expect(together.answers).to.deep.equal(apart.answers);
      }
    });
  }

  it('are answered as if the client had waited for each answer, and in order on each handle and on names', async () => {
    const program = fc.array(anyStep, { minLength: 2, maxLength: 40 });
    const delays = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(program, delays, async (steps, pauses) => {
        const together = await run(steps, pauses, true);
        const apart = await run(steps, [0], false);
        expect(together.answers).to.deep.equal(apart.answers);
        for (const lane of new Set(steps.map(({ lane }) => lane))) {
          const order = together.order.filter((id) => steps[id]?.lane === lane);
          expect(order).to.deep.equal(order.toSorted((a, b) => a - b));
        }
      }),
      { numRuns: 150 },
    );
  }).timeout(120_000);

  it('do not wait for one another where they only look, or only read and write', async () => {
    const started: Record<string, number> = {};
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const holding: Layer = (next) => async (call) => {
      started[call.op] = (started[call.op] ?? 0) + 1;
      const result = next(call);
      if (['write', 'read', 'fstat', 'lstat'].includes(call.op)) await gate;
      return result;
    };
    const { client } = await openSession({ layers: [holding] });
    const handle = str(await client.open('/a', READ | WRITE | CREAT));
    const packets = Array.from({ length: 10 }, (_, index) => [
      packet(PACKET.WRITE, u32(1), handle, u64(index), u32(1), u8(65 + index)),
      packet(PACKET.READ, u32(2), handle, u64(0), u32(100)),
      packet(PACKET.FSTAT, u32(3), handle),
    ]).flat();
    const looks = Array.from({ length: 10 }, () => packet(PACKET.STAT, u32(4), str('/a')));
    client.send(Buffer.concat([...packets, ...looks]));
    await nextTurn();
    await nextTurn();
    expect(started).to.deep.equal({ open: 1, write: 10, read: 10, fstat: 10, lstat: 10 });
    letGo();
    const replies = await client.take(40);
    const lengths = replies.filter(({ id }) => id === 2).map(({ body }) => body.readUInt32BE(0));
    expect(lengths).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('change different names of one directory at the same time, and nothing else beside a change', async () => {
    const running = new Set<string>();
    const seen: string[] = [];
    let letGo = (): void => undefined;
    const holding =
      (gate: Promise<void>): Layer =>
      (next) =>
      async (call) => {
        if (!['mkdir', 'rmdir', 'unlink', 'open', 'lstat'].includes(call.op)) return next(call);
        const name = `${call.op} ${String(call.args[0])}`;
        running.add(name);
        await gate;
        running.delete(name);
        seen.push(name);
        return next(call);
      };
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const { client } = await openSession({ layers: [holding(gate)] });
    const requests = [
      packet(PACKET.MKDIR, u32(1), str('/d'), attrs()),
      packet(PACKET.OPEN, u32(2), str('/f'), u32(WRITE | CREAT), attrs()),
      packet(PACKET.MKDIR, u32(3), str('e'), attrs()),
      packet(PACKET.MKDIR, u32(4), str('/d/x'), attrs()),
      packet(PACKET.MKDIR, u32(5), str('/d/y'), attrs()),
      packet(PACKET.RMDIR, u32(6), str('/d/x')),
      packet(PACKET.STAT, u32(7), str('/d/y')),
    ];
    client.send(Buffer.concat(requests));
    await nextTurn();
    await nextTurn();
    expect([...running]).to.deep.equal(['mkdir /d', 'open /f', 'mkdir /e']);
    letGo();
    const replies = await client.take(requests.length);
    expect(replies.map(({ id }) => id)).to.have.members([1, 2, 3, 4, 5, 6, 7]);
    expect(seen.slice(3)).to.deep.equal(['mkdir /d/x', 'mkdir /d/y', 'rmdir /d/x', 'lstat /d/y']);
  });
});
