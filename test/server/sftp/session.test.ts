import { expect } from 'chai';
import { PACKET, PACKET_MAX, STATUS } from '../../../server/sftp/protocol.ts';
import { MemoryBackend } from '../../../vfs/backends/memory/index.ts';
import { VfsError } from '../../../vfs/errors.ts';
import { override, type Layer } from '../../../vfs/layer.ts';
import { attrs, packet, statusCode, statusMessage, str, u32, u64, u8 } from '../../support/sftp-client.ts';
import { beginSession, openSession } from '../../support/sftp-session.ts';
import { until } from '../../support/until.ts';

const EXTENSIONS = [
  ['posix-rename@openssh.com', '1'],
  ['statvfs@openssh.com', '2'],
  ['fstatvfs@openssh.com', '2'],
  ['hardlink@openssh.com', '1'],
  ['fsync@openssh.com', '1'],
  ['lsetstat@openssh.com', '1'],
  ['limits@openssh.com', '1'],
  ['expand-path@openssh.com', '1'],
  ['copy-data', '1'],
  ['home-directory', '1'],
  ['users-groups-by-id@openssh.com', '1'],
];

/** Counts files that are open below. */
function counting(open: { files: number }): Layer {
  return override((next) => ({
    open: async (call) => {
      const handle = await next(call);
      open.files++;
      return handle;
    },
    close: async (call) => {
      await next(call);
      open.files--;
    },
  }));
}

describe('an SFTP session', () => {
  for (const version of [0, 2, 3, 6, 0xffffffff]) {
    it(`answers INIT of version ${version} with VERSION 3 and the eleven extensions of OpenSSH`, async () => {
      const { client } = beginSession();
      const reply = await client.init(version);
      const wanted = packet(PACKET.VERSION, u32(3), ...EXTENSIONS.flat().map((text) => str(text)));
      expect(reply.packet).to.deep.equal(wanted);
    });
  }

  it('overlooks what INIT says of extensions', async () => {
    const { client } = beginSession();
    client.send(packet(PACKET.INIT, u32(3), str('a@b'), str('1')));
    expect((await client.take(1))[0]?.type).to.equal(PACKET.VERSION);
  });

  it('does not announce, nor answer, what the mount cannot do', async () => {
    const backend = new MemoryBackend();
    const capabilities = { ...backend.capabilities, hardLinks: false };
    const noLinks: Layer = Object.assign<Layer, Pick<Layer, 'capabilities'>>((next) => next, {
      capabilities: () => capabilities,
    });
    const { client } = beginSession({ backend, layers: [noLinks] });
    expect((await client.init()).packet.includes('hardlink@openssh.com')).to.equal(false);
    const reply = await client.extended('hardlink@openssh.com', str('/a'), str('/b'));
    expect(statusCode(reply)).to.equal(STATUS.OP_UNSUPPORTED);
  });

  const fatal: Readonly<Record<string, Buffer>> = {
    'a request before INIT': packet(PACKET.STAT, u32(1), str('/')),
    'an extended request before INIT': packet(PACKET.EXTENDED, u32(1), str('limits@openssh.com')),
    'INIT without a version': packet(PACKET.INIT),
    'a packet of length 0': u32(0) as Buffer,
    'a packet of more than 256 KiB': u32(PACKET_MAX + 1) as Buffer,
    'a packet of 2^32-1 bytes': u32(0xffffffff) as Buffer,
  };
  for (const [what, bytes] of Object.entries(fatal)) {
    it(`ends at ${what}, with one line in the log`, async () => {
      const { client, done, log } = beginSession();
      client.send(bytes);
      expect(await client.next()).to.equal(undefined);
      await done;
      expect(log.alarms.map(({ level }) => level)).to.deep.equal(['warn']);
    });
  }

  for (const [what, bytes] of Object.entries({
    'a second INIT': packet(PACKET.INIT, u32(3)),
    'a packet without a type of its own': packet(PACKET.STAT, u8(0)),
    'a packet of length 0': u32(0),
    'a packet of more than 256 KiB': u32(PACKET_MAX + 1),
  })) {
    it(`answers what came before ${what}, and ends`, async () => {
      const { client, done, log } = await openSession();
      client.send(packet(PACKET.STAT, u32(7), str('/')), bytes, packet(PACKET.STAT, u32(8), str('/')));
      expect((await client.take(1))[0]?.id).to.equal(7);
      expect(await client.next()).to.equal(undefined);
      await done;
      expect(log.alarms).to.have.lengthOf(1);
    });
  }

  it('answers a malformed request with BAD_MESSAGE and goes on, with one line in the log', async () => {
    const { client, log } = await openSession();
    for (const field of [u32(100), Buffer.concat([str('/'), u8(0)]), Buffer.alloc(0)]) {
      expect(statusCode(await client.ask(PACKET.STAT, field))).to.equal(STATUS.BAD_MESSAGE);
    }
    expect((await client.ask(PACKET.STAT, str('/'))).type).to.equal(PACKET.ATTRS);
    expect(log.alarms).to.have.lengthOf(1);
  });

  for (const type of [0, 21, 99, PACKET.VERSION, PACKET.STATUS, PACKET.DATA, PACKET.EXTENDED_REPLY, 255]) {
    it(`answers a packet of type ${type} with OP_UNSUPPORTED`, async () => {
      const { client } = await openSession();
      expect(statusCode(await client.ask(type, str('/')))).to.equal(STATUS.OP_UNSUPPORTED);
    });
  }

  it('answers an unknown extended request with OP_UNSUPPORTED', async () => {
    const { client } = await openSession();
    for (const name of ['', 'posix-rename', '__proto__', 'constructor', 'x'.repeat(100_000)]) {
      expect(statusCode(await client.extended(name, str('/')))).to.equal(STATUS.OP_UNSUPPORTED);
    }
  });

  it('answers both of two requests with the same id', async () => {
    const { client } = await openSession();
    client.send(packet(PACKET.STAT, u32(5), str('/')), packet(PACKET.STAT, u32(5), str('/missing')));
    const [first, second] = await client.take(2);
    expect([first?.id, second?.id]).to.deep.equal([5, 5]);
    expect([first?.type, second?.type]).to.deep.equal([PACKET.ATTRS, PACKET.STATUS]);
  });

  it('answers what was asked before the client says that it is done, closes all files and tells what it did', async () => {
    const open = { files: 0 };
    const { client, done, log } = await openSession({ layers: [counting(open)] });
    const handle = await client.open('/file', 2 | 8);
    await client.open('/file', 1);
    expect(open.files).to.equal(2);
    client.send(packet(PACKET.WRITE, u32(9), str(handle), u64(0), str('last words')));
    client.finish();
    expect((await client.take(1)).map(statusCode)).to.deep.equal([STATUS.OK]);
    expect(await client.next()).to.equal(undefined);
    await done;
    expect(open.files).to.equal(0);
    const [line, ...others] = log.lines;
    expect(others).to.deep.equal([]);
    expect(line?.level).to.equal('info');
    expect(line?.fields).to.include({ session: 'test', account: 'alice', requests: 3 });
    expect(line?.fields['bytesIn']).to.be.greaterThan(100);
    expect(line?.fields['bytesOut']).to.be.greaterThan(100);
  });

  it('ends where the client stops in the middle of a packet', async () => {
    const { client, done } = await openSession();
    client.send(packet(PACKET.STAT, u32(1), str('/some/path')).subarray(0, 12));
    client.finish();
    expect(await client.next()).to.equal(undefined);
    await done;
  });

  for (const end of ['destroyed', 'destroyed with an error'] as const) {
    it(`aborts what is under way and closes all files when the channel is ${end}`, async () => {
      const open = { files: 0 };
      const waiting: AbortSignal[] = [];
      const stuck = override(() => ({
        read: ({ ctx }) =>
          new Promise<Uint8Array>((_, reject) => {
            waiting.push(ctx.signal as AbortSignal);
            ctx.signal?.addEventListener('abort', () => reject(new VfsError('EINTR')));
          }),
      }));
      const { client, channel, done } = await openSession({ layers: [counting(open), stuck] });
      const handle = await client.open('/file', 1 | 2 | 8);
      client.send(packet(PACKET.READ, u32(1), str(handle), u64(0), u32(10)));
      await until('the read has begun', () => waiting.length === 1);
      channel.destroy(end === 'destroyed' ? undefined : new Error('connection reset'));
      await done;
      expect(waiting[0]?.aborted).to.equal(true);
      expect(open.files).to.equal(0);
    });
  }

  it('closes a file whose OPEN was under way when the channel ended', async () => {
    const open = { files: 0 };
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    let begun = false;
    const slow = override((next) => ({
      open: async (call) => {
        begun = true;
        await gate;
        return next(call);
      },
    }));
    const { client, channel, done } = await openSession({ layers: [slow, counting(open)] });
    client.send(packet(PACKET.OPEN, u32(1), str('/file'), u32(10), attrs()));
    await until('the open has begun', () => begun);
    channel.destroy();
    letGo();
    await done;
    expect(open.files).to.equal(0);
  });

  it('is over at once on a channel that is gone already', async () => {
    const { channel, done } = beginSession();
    channel.destroy();
    await done;
  });

  it('tells of an unknown error only that it is one; the log has its cause', async () => {
    const cause = new Error('SQLITE_CORRUPT: /var/lib/secret.db');
    const broken = override(() => ({ lstat: () => Promise.reject(cause) }));
    const { client, log } = await openSession({ layers: [broken] });
    const reply = await client.ask(PACKET.LSTAT, str('/'));
    expect(statusCode(reply)).to.equal(STATUS.FAILURE);
    expect(statusMessage(reply)).to.equal('input/output error');
    expect(log.alarms.map(({ fields }) => fields['error'])).to.deep.equal([cause]);
  });

  it('writes of a file that could not be closed at the end into the log', async () => {
    const lost = new VfsError('EIO');
    const broken = override(() => ({ close: () => Promise.reject(lost) }));
    const { client, done, log } = await openSession({ layers: [broken] });
    await client.open('/file', 2 | 8);
    client.finish();
    await done;
    expect(log.alarms.map(({ fields }) => fields['error'])).to.deep.equal([lost]);
  });
});
