import { expect } from 'chai';
import { mount } from '../../server/mount.ts';
import { MemoryBackend } from '../../vfs/backends/memory/index.ts';
import { ROOT, unresolved } from '../../vfs/path.ts';
import type { TraceEvent } from '../../vfs/middleware/tracing.ts';
import { captureLog } from '../support/captured-log.ts';
import { rejection } from '../support/rejection.ts';

const owner = { uid: 10_007, gid: 10_007 };
const account = {
  name: 'alice',
  ...owner,
  superuser: false,
  readOnly: false,
  denied: [],
  limits: { bytes: 1000, inodes: 10 },
};
const path = (text: string) => unresolved(text);

describe('the mount of an account', () => {
  const setUp = async (debugging = true) => {
    const traces: TraceEvent[] = [];
    const log = { ...captureLog(), debugging };
    const backend = new MemoryBackend();
    await backend.setstat(ROOT, owner, {});
    const mounted = mount({ backend, account, session: 'c1.1', log, onTrace: (event) => traces.push(event) });
    return { backend, mounted, traces, log };
  };

  it('gives what it makes to the account', async () => {
    const { mounted } = await setUp();
    await mounted.mkdir(path('/d'), 0o755, {});
    await mounted.close(await mounted.open(path('/f'), { access: 'w', create: 'if-missing' }, 0o644, {}), {});
    for (const name of ['/d', '/f']) {
      expect(await mounted.lstat(path(name), {})).to.include({ uid: 10_007, gid: 10_007 });
    }
  });

  it('holds the limits of the account, by which free space is told too', async () => {
    const { mounted } = await setUp();
    expect(await mounted.statfs({})).to.include({ bytesTotal: 1000, inodesTotal: 10 });
    const handle = await mounted.open(path('/f'), { access: 'w', create: 'if-missing' }, 0o644, {});
    await mounted.write(handle, 0, Buffer.alloc(1000), {});
    const refused = await rejection(mounted.write(handle, 1000, Buffer.alloc(1), {}));
    expect((refused as Error & { code: string }).code).to.equal('EDQUOT');
  });

  it('binds the account to mode bits, a superuser to none', async () => {
    const { backend, mounted, log } = await setUp();
    await backend.mkdir(path('/kept'), 0o700, {});
    const refused = await rejection(mounted.mkdir(path('/kept/d'), 0o755, {}));
    expect((refused as Error & { code: string }).code).to.equal('EACCES');
    const admin = { ...account, superuser: true };
    const asAdmin = mount({ backend, account: admin, session: 'c3.1', log });
    await asAdmin.mkdir(path('/kept/d'), 0o755, {});
    expect(await asAdmin.lstat(path('/kept/d'), {})).to.include(owner);
  });

  it('holds what the administrator denies, to a superuser too, and says so', async () => {
    const { backend, log } = await setUp();
    for (const superuser of [false, true]) {
      const restricted = { ...account, superuser, denied: ['mkdir', 'statvfs'] as const };
      const mounted = mount({ backend, account: restricted, session: 'c1.1', log });
      expect([...(mounted.denied ?? [])]).to.deep.equal(['mkdir', 'statvfs']);
      const refused = await rejection(mounted.mkdir(path('/d'), 0o755, {}));
      expect((refused as Error & { code: string }).code).to.equal('EPERM');
      await mounted.symlink('x', path(`/link-${superuser}`), {});
      const reader = mount({ backend, account: { ...restricted, readOnly: true }, session: 'c1.2', log });
      const unchanged = await rejection(reader.symlink('x', path('/other'), {}));
      expect((unchanged as Error & { code: string }).code).to.equal('EROFS');
      expect((await reader.statfs({})).readOnly).to.equal(true);
    }
  });

  it('walks paths as people write them, and traces what reached the store, with the session', async () => {
    const { mounted, traces, log } = await setUp();
    await mounted.mkdir(path('/real'), 0o755, {});
    await mounted.symlink('/real', path('/link'), {});
    await mounted.mkdir(path('/link/./x/../y//'), 0o755, {}).catch(() => {});
    await mounted.mkdir(path('/link/y'), 0o755, {}).catch(() => {});
    const made = traces.filter(({ op, outcome }) => op === 'mkdir' && outcome === 'ok');
    expect(made.map(({ paths }) => paths[0])).to.deep.equal(['/real', '/real/y']);
    expect(new Set(traces.map(({ session }) => session))).to.deep.equal(new Set(['c1.1']));
    const line = log.lines.find(({ message }) => message === 'symlink ok');
    expect(line?.level).to.equal('debug');
    expect(line?.fields).to.include({ account: 'alice', session: 'c1.1', bytes: 0 });
  });

  it('makes no lines where nobody reads them', async () => {
    const { mounted, traces, log } = await setUp(false);
    await mounted.lstat(ROOT, {});
    expect(traces).to.have.length(1);
    expect(log.lines).to.deep.equal([]);
  });

  it('keeps the store for others when one session ends: disposing is the pool’s', async () => {
    const { backend, mounted } = await setUp();
    const other = mount({ backend, account, session: 'c2.1', log: captureLog() });
    await mounted.mkdir(path('/d'), 0o755, {});
    expect((await other.lstat(path('/d'), {})).type).to.equal('directory');
  });
});
