import { expect } from 'chai';
import type { Handle, OpName } from '../../vfs/backend.ts';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import type { Call, OpArgs } from '../../vfs/layer.ts';
import {
  actsOnHandle,
  bytesMoved,
  followsLast,
  mutates,
  OP_NAMES,
  pathsOf,
  withPaths,
} from '../../vfs/ops.ts';
import type { VfsPath } from '../../vfs/path.ts';

const a = '/a' as VfsPath;
const b = '/b' as VfsPath;
const handle = 1 as Handle;
const request = { kind: 'shared', start: 0, length: 1, owner: 'x' } as const;
const bytes = new Uint8Array(3);

function call<K extends OpName>(op: K, ...args: OpArgs<K>): Call<K> {
  return { op, args, ctx: {} };
}

interface Facts {
  readonly call: Call;
  readonly mutates: boolean;
  readonly paths: readonly string[];
  readonly follows?: boolean;
  /** When `ctx.follow` asks for it. */
  readonly followsIfAsked?: boolean;
  readonly onHandle?: boolean;
}

const open = (flags: Parameters<MemoryBackend['open']>[1]): Call => call('open', a, flags, 0);
const on = <K extends OpName>(op: K, ...args: OpArgs<K>): Call => call(op, ...args);

/** The facts again, written down a second time: reads, changes, paths, symlinks. */
const EXPECTED: readonly Facts[] = [
  { call: open({ access: 'r' }), mutates: false, paths: ['/a'], follows: true },
  { call: open({ access: 'w' }), mutates: true, paths: ['/a'], follows: true },
  { call: open({ access: 'rw' }), mutates: true, paths: ['/a'], follows: true },
  { call: open({ access: 'r', create: 'if-missing' }), mutates: true, paths: ['/a'], follows: true },
  { call: open({ access: 'r', create: 'exclusive' }), mutates: true, paths: ['/a'], follows: false },
  { call: open({ access: 'r', truncate: true }), mutates: true, paths: ['/a'], follows: true },
  { call: on('read', handle, 0, 1), mutates: false, paths: [], onHandle: true },
  { call: on('write', handle, 0, bytes), mutates: true, paths: [], onHandle: true },
  { call: on('copyRange', handle, 0, 1, handle, 1), mutates: true, paths: [], onHandle: true },
  { call: on('fstat', handle), mutates: false, paths: [], onHandle: true },
  { call: on('fsetstat', handle, {}), mutates: true, paths: [], onHandle: true },
  { call: on('fsync', handle), mutates: false, paths: [], onHandle: true },
  { call: on('close', handle), mutates: false, paths: [], onHandle: true },
  { call: on('lstat', a), mutates: false, paths: ['/a'], followsIfAsked: true },
  { call: on('setstat', a, {}), mutates: true, paths: ['/a'], followsIfAsked: true },
  { call: on('readdir', a, { limit: 1 }), mutates: false, paths: ['/a'], follows: true },
  { call: on('mkdir', a, 0), mutates: true, paths: ['/a'] },
  { call: on('rmdir', a), mutates: true, paths: ['/a'] },
  { call: on('unlink', a), mutates: true, paths: ['/a'] },
  { call: on('rename', a, b, { replace: true }), mutates: true, paths: ['/a', '/b'] },
  { call: on('link', a, b), mutates: true, paths: ['/a', '/b'] },
  { call: on('symlink', 'target', a), mutates: true, paths: ['/a'] },
  { call: on('readlink', a), mutates: false, paths: ['/a'] },
  { call: on('statfs'), mutates: false, paths: [] },
  { call: on('sync'), mutates: false, paths: [] },
  { call: on('resolve', a, 'follow'), mutates: false, paths: ['/a'] },
  { call: on('lookup', 1, 'x'), mutates: false, paths: [] },
  { call: on('statInode', 1), mutates: false, paths: [] },
  { call: on('pathToInode', a), mutates: false, paths: ['/a'] },
  { call: on('inodeToPath', 1), mutates: false, paths: [] },
  { call: on('getxattr', a, 'x'), mutates: false, paths: ['/a'], followsIfAsked: true },
  { call: on('setxattr', a, 'x', bytes, 'set'), mutates: true, paths: ['/a'], followsIfAsked: true },
  { call: on('listxattr', a), mutates: false, paths: ['/a'], followsIfAsked: true },
  { call: on('removexattr', a, 'x'), mutates: true, paths: ['/a'], followsIfAsked: true },
  { call: on('lock', handle, request), mutates: false, paths: [], onHandle: true },
  { call: on('tryLock', handle, request), mutates: false, paths: [], onHandle: true },
  { call: on('unlock', handle, request), mutates: false, paths: [], onHandle: true },
];

describe('the table of operations', () => {
  it('has a row for each method of a backend, and no other', () => {
    const backend = new MemoryBackend();
    const methods = Object.keys(backend).filter((key) => typeof backend[key as OpName] === 'function');
    expect([...OP_NAMES]).to.have.members(methods);
    expect(new Set(EXPECTED.map((facts) => facts.call.op))).to.deep.equal(new Set(OP_NAMES));
  });

  for (const facts of EXPECTED) {
    it(`knows what ${facts.call.op}(${JSON.stringify(facts.call.args)}) is`, () => {
      const asked = { ...facts.call, ctx: { follow: true } } as Call;
      expect(mutates(facts.call)).to.equal(facts.mutates);
      expect(pathsOf(facts.call)).to.deep.equal(facts.paths);
      expect(followsLast(facts.call)).to.equal(facts.follows ?? false);
      expect(followsLast(asked)).to.equal(facts.follows ?? facts.followsIfAsked ?? false);
      expect(actsOnHandle(facts.call.op)).to.equal(facts.onHandle ?? false);
    });
  }

  it('puts other paths in the place of those of a call, and leaves the call as it was', () => {
    for (const facts of EXPECTED) {
      const moved = withPaths(
        facts.call,
        facts.paths.map((path) => `/new${path}` as VfsPath),
      );
      expect(pathsOf(moved)).to.deep.equal(facts.paths.map((path) => `/new${path}`));
      expect(pathsOf(facts.call)).to.deep.equal(facts.paths);
      expect(moved.op).to.equal(facts.call.op);
    }
    const renamed = withPaths(call('rename', a, b, { replace: true }), ['/x' as VfsPath, '/y' as VfsPath]);
    expect(renamed.args).to.deep.equal(['/x', '/y', { replace: true }]);
    expect(withPaths(call('symlink', 'target', a), [b]).args).to.deep.equal(['target', '/b']);
  });

  it('counts the bytes of content that a call moved', () => {
    expect(bytesMoved(call('read', handle, 0, 100), new Uint8Array(7))).to.equal(7);
    expect(bytesMoved(call('write', handle, 'end', bytes), undefined)).to.equal(3);
    expect(bytesMoved(call('copyRange', handle, 0, 100, handle, 200), 42)).to.equal(42);
    expect(bytesMoved(call('readlink', a), 'target')).to.equal(0);
    expect(bytesMoved(call('close', handle), undefined)).to.equal(0);
  });
});
