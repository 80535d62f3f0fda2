import { expect } from 'chai';
import { missing } from '../../../support/require-program.ts';
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

  it('differ in each way that they are said to differ', () => {
    expect(DIFFERENCES.filter((difference) => !seen.has(difference)).map(({ why }) => why)).to.deep.equal([]);
  });
});

async function answersOf(peer: Peer, { steps }: Script): Promise<string[]> {
  const answers: string[] = [];
  try {
    await peer.client.init();
    for (const { ask } of steps) answers.push(await ask(peer));
  } finally {
    await peer.end();
  }
  return answers;
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
