import { expect } from 'chai';
import { OPEN_FLAG, PACKET } from '../../../../server/sftp/protocol.ts';
import { missing } from '../../../support/require-program.ts';
import { attrs, handleIn, namesIn, str } from '../../../support/sftp-client.ts';
import { DIFFERENCES, type Difference } from './differences.ts';
import { findSftpServer, opensshPeer, ourPeer, type Peer } from './peer.ts';
import { SCRIPTS, type Script } from './scripts.ts';

/** The same questions to OpenSSH's sftp-server and to ours; every answer that differs is one of those meant to. */
describe("our answers beside those of OpenSSH's sftp-server", () => {
  let program = '';
  const seen = new Set<Difference>();

  before(function () {
    program =
      findSftpServer() ?? missing(this, 'sftp-server is not installed (Debian package openssh-sftp-server)');
  });

  async function both<T>(ask: (peer: Peer) => Promise<T>): Promise<[openssh: T, ours: T]> {
    return [await asked(await opensshPeer(program), ask), await asked(ourPeer(), ask)];
  }

  for (const script of SCRIPTS) {
    it(`are alike for ${script.name}`, async () => {
      const openssh = await answersOf(await opensshPeer(program), script);
      const ours = await answersOf(ourPeer(), script);
      const unexpected = script.steps.flatMap(({ what }, index) => {
        const pair = { openssh: openssh[index] ?? '', ours: ours[index] ?? '' };
        if (pair.openssh === pair.ours) return [];
        const meant = DIFFERENCES.find((difference) => explains(difference, `${script.name}: ${what}`, pair));
        if (meant !== undefined) seen.add(meant);
        return meant === undefined ? [{ what, ...pair }] : [];
      });
      expect(unexpected).to.deep.equal([]);
    });
  }

  it('begin with the same VERSION, byte for byte', async () => {
    const [openssh, ours] = await both((peer) => peer.client.init());
    expect(ours.packet).to.deep.equal(openssh.packet);
  });

  it('grant the same limits, but for the number of handles', async () => {
    const [openssh, ours] = await both(async (peer) => {
      await peer.client.init();
      return (await peer.client.extended('limits@openssh.com')).packet;
    });
    expect(ours.subarray(5, -8)).to.deep.equal(openssh.subarray(5, -8));
  });

  it('have the same lines for the same files', async () => {
    const lines = await both(async (peer) => {
      await peer.client.init();
      await plantLines(peer);
      return linesOf(peer);
    });
    const [openssh, ours] = lines.map((list) => list.map(withoutOwners).toSorted());
    expect(ours).to.deep.equal(openssh);
  });

  it('differ in each way that they are said to differ', () => {
    expect(DIFFERENCES.filter((difference) => !seen.has(difference)).map(({ why }) => why)).to.deep.equal([]);
  });
});

function answersOf(peer: Peer, { steps }: Script): Promise<string[]> {
  return asked(peer, async () => {
    const answers: string[] = [];
    await peer.client.init();
    for (const { ask } of steps) answers.push(await ask(peer));
    return answers;
  });
}

async function asked<T>(peer: Peer, ask: (peer: Peer) => Promise<T>): Promise<T> {
  try {
    return await ask(peer);
  } finally {
    await peer.end();
  }
}

const DAY_SECONDS = 24 * 60 * 60;
const MODES = [0o644, 0o755, 0, 0o7777, 0o4711, 0o2640, 0o1666];

/** Files of all kinds of modes, sizes and ages. */
async function plantLines({ client, path }: Peer): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const ages = [
    60,
    100 * DAY_SECONDS,
    182 * DAY_SECONDS,
    184 * DAY_SECONDS,
    400 * DAY_SECONDS,
    -DAY_SECONDS,
    now,
  ];
  for (const [index, age] of ages.entries()) {
    const file = path(`/file${index}`);
    await client.close(await client.open(file, OPEN_FLAG.WRITE | OPEN_FLAG.CREAT));
    const times = [now - age, now - age] as const;
    const change = attrs({ size: 10 ** index, permissions: MODES[index] ?? 0, times });
    await client.ask(PACKET.SETSTAT, str(file), change);
  }
  await client.extended('hardlink@openssh.com', str(path('/file0')), str(path('/again')));
}

async function linesOf({ client, path }: Peer): Promise<string[]> {
  const handle = handleIn(await client.ask(PACKET.OPENDIR, str(path('/'))));
  const entries = namesIn(await client.ask(PACKET.READDIR, str(handle)));
  return entries
    .filter(({ name }) => !name.toString().startsWith('.'))
    .map(({ longname }) => longname.toString());
}

/** The two columns of owners at their least width. */
function withoutOwners(line: string): string {
  return line.replace(/^(.{11} +\d+ )\S+ +\S+ +(?=\d)/, '$1');
}

function explains(difference: Difference, what: string, pair: { openssh: string; ours: string }): boolean {
  return (
    difference.what.test(what) &&
    matches(difference.openssh, pair.openssh) &&
    matches(difference.ours, pair.ours)
  );
}

function matches(wanted: string | RegExp, answer: string): boolean {
  return typeof wanted === 'string' ? wanted === answer : wanted.test(answer);
}
