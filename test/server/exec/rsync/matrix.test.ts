import { expect } from 'chai';
import { requireProgram, skip } from '../../../support/require-program.ts';
import { differences, Matrix, type Case } from './matrix-run.ts';
import { OPTION_SETS, type OptionSet, type Start } from './option-sets.ts';

/** `RSYNC_MATRIX=full` runs the whole product, for an hour. Otherwise every set once each way, and the core ones at each protocol. */
const FULL = process.env['RSYNC_MATRIX'] === 'full';
const NEWEST = 32;
const PROTOCOLS = [27, 28, 29, 30, 31, 32];

function protocolsFor(set: OptionSet): readonly number[] {
  const wanted = FULL || set.core === true ? PROTOCOLS : [NEWEST];
  return wanted.filter((protocol) => protocol >= (set.protocol ?? 0));
}

/** An older tree as the destination asks for more than an empty one. */
function startsFor({ starts = ['empty', 'old'], core }: OptionSet, protocol: number): readonly Start[] {
  const all = FULL || (core === true && protocol === NEWEST);
  return all || starts.length === 1 ? starts : ['old'];
}

function casesOf(set: OptionSet): Case[] {
  return protocolsFor(set).flatMap((protocol) =>
    (set.directions ?? (['push', 'pull'] as const)).flatMap((direction) =>
      startsFor(set, protocol).map((start) => ({ set, protocol, direction, start, ordinary: false })),
    ),
  );
}

/** Ordinary accounts: each set of theirs once each way. */
function ordinaryCasesOf(set: OptionSet): Case[] {
  if (set.ordinary !== true && !FULL) return [];
  return casesOf({ ...set, core: false }).map((one) => ({ ...one, ordinary: true }));
}

describe('rsync, compared with its own server', function () {
  this.timeout(60_000);
  const matrix = new Matrix();
  before(async function () {
    requireProgram(this, 'rsync');
    await matrix.start();
  });
  after(() => matrix.stop());

  for (const set of OPTION_SETS) {
    for (const one of [...casesOf(set), ...ordinaryCasesOf(set)]) {
      const title = `${set.name}: ${one.direction} onto ${one.start === 'empty' ? 'nothing' : 'an older tree'} at protocol ${one.protocol}`;
      it(one.ordinary ? `${title}, an ordinary account` : title, async function () {
        if (one.ordinary && process.getuid?.() !== 0)
          skip(this, 'who runs the tests is an ordinary account in all of them');
        expect(differences(await matrix.both(one))).to.deep.equal([]);
      });
    }
  }
});
