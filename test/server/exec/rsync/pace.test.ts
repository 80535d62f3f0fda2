import { expect } from 'chai';
import { createHash, randomBytes } from 'node:crypto';
import { PassThrough, Writable } from 'node:stream';
import { sendMatched, sendWhole } from '../../../../server/exec/rsync/pull/match.ts';
import { SourceFile } from '../../../../server/exec/rsync/pull/source-file.ts';
import { BlockSums } from '../../../../server/exec/rsync/sums/block-sums.ts';
import type { Digest } from '../../../../server/exec/rsync/sums/digest.ts';
import { weakSum } from '../../../../server/exec/rsync/sums/weak-sum.ts';
import { tokenWriter, type TokenWriter } from '../../../../server/exec/rsync/tokens/index.ts';
import { Input } from '../../../../server/exec/rsync/wire/input.ts';
import { Output } from '../../../../server/exec/rsync/wire/output.ts';
import { Source } from '../../../../server/exec/rsync/wire/source.ts';
import { MemoryBackend } from '../../../../vfs/backends/memory/index.ts';
import type { VfsPath } from '../../../../vfs/path.ts';
import { filesOf } from '../../../support/files-of.ts';

const SIZE = 16 * 1024 * 1024;
const BLOCK = 4096;
const STRONG = 16;
/** Bytes handled between two looks at the clock: half a millisecond's hashing, a few of searching at most. */
const STEP_MAX = { whole: 512 * 1024, matched: 64 * 1024 };
/** Looks at the clock in a turn, each a millisecond later than the one before; those of the output too. */
const LOOKS_MAX = 16;

const { signal } = new AbortController();

function strong(block: Uint8Array): Uint8Array {
  return createHash('md5').update(block).digest();
}

async function sumsOf(basis: Buffer): Promise<BlockSums> {
  const sums: Buffer[] = [];
  for (let at = 0; at < basis.length; at += BLOCK) {
    const block = basis.subarray(at, at + BLOCK);
    const weak = Buffer.alloc(4);
    weak.writeInt32LE(weakSum(block));
    sums.push(weak, Buffer.from(strong(block)));
  }
  const stream = new PassThrough();
  stream.end(Buffer.concat(sums));
  const head = { count: basis.length / BLOCK, blockLength: BLOCK, strongLength: STRONG, remainder: 0 };
  return (await BlockSums.read(new Input(new Source(stream, signal), () => undefined), head)) as BlockSums;
}

/** The work seen by a clock that is a millisecond later at each look: bytes hashed between two looks, and looks in a turn, at most. */
async function steps(
  content: Buffer,
  send: (file: SourceFile, tokens: TokenWriter, digest: Digest) => Promise<void>,
): Promise<{ readonly bytes: number; readonly looks: number; readonly sent: number }> {
  const backend = new MemoryBackend();
  await filesOf(backend).put('/file', content);
  const file = await SourceFile.open(backend, '/file' as VfsPath, {});
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const output = new Output(nowhere, signal);
  const tokens = tokenWriter(output, undefined, 32, undefined);
  const most = { bytes: 0, looks: 0 };
  let bytes = 0;
  let looks = 0;
  const digest: Digest = {
    start: () => undefined,
    update: (piece) => {
      bytes += piece.length;
      most.bytes = Math.max(most.bytes, bytes);
    },
    finish: () => new Uint8Array(STRONG),
  };
  const own = Object.getOwnPropertyDescriptor(performance, 'now');
  let clock = performance.now();
  let goesOn = true;
  const turn = (): void => {
    looks = 0;
    if (goesOn) setImmediate(turn);
  };
  try {
    performance.now = () => {
      bytes = 0;
      most.looks = Math.max(most.looks, ++looks);
      return (clock += 1);
    };
    turn();
    await send(file, tokens, digest);
  } finally {
    if (own === undefined) Reflect.deleteProperty(performance, 'now');
    else Object.defineProperty(performance, 'now', own);
    goesOn = false;
  }
  await file.close();
  output.flush();
  return { ...most, sent: output.sent };
}

describe('a large file that rsync sends leaves others their turns', () => {
  const content = randomBytes(SIZE);

  it('when it is sent whole', async () => {
    const { bytes, looks, sent } = await steps(content, (file, tokens, digest) =>
      sendWhole(file, 0, tokens, digest),
    );
    expect(sent).to.be.above(SIZE);
    expect(bytes).to.be.within(1, STEP_MAX.whole);
    expect(looks).to.be.at.most(LOOKS_MAX);
  });

  it('when no block of it is there', async () => {
    const sums = await sumsOf(randomBytes(SIZE));
    const { bytes, looks, sent } = await steps(content, (file, tokens, digest) =>
      sendMatched(file, sums, strong, false, tokens, digest),
    );
    expect(sent).to.be.above(SIZE);
    expect(bytes).to.be.within(1, STEP_MAX.matched);
    expect(looks).to.be.at.most(LOOKS_MAX);
  });

  it('when all of it is there', async () => {
    const sums = await sumsOf(content);
    const { bytes, looks, sent } = await steps(content, (file, tokens, digest) =>
      sendMatched(file, sums, strong, false, tokens, digest),
    );
    expect(sent).to.be.below(SIZE / 100);
    expect(bytes).to.be.within(1, STEP_MAX.matched);
    expect(looks).to.be.at.most(LOOKS_MAX);
  });
});
