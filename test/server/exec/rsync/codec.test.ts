import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import { compileWildcards } from '../../../../server/exec/rsync/filters/wildcards.ts';
import { receivedName } from '../../../../server/exec/rsync/list/received-name.ts';
import { planSums } from '../../../../server/exec/rsync/sums/block-size.ts';
import { weakSum } from '../../../../server/exec/rsync/sums/weak-sum.ts';
import { IndexReader, IndexWriter } from '../../../../server/exec/rsync/wire/index-coding.ts';
import { Input } from '../../../../server/exec/rsync/wire/input.ts';
import { Output } from '../../../../server/exec/rsync/wire/output.ts';
import { Source } from '../../../../server/exec/rsync/wire/source.ts';

import { setMaxListeners } from 'node:events';

const { signal } = new AbortController();
setMaxListeners(0, signal);

/** What is written, as hexadecimal digits. */
function written(write: (output: Output) => void): string {
  const stream = new PassThrough();
  const output = new Output(stream, signal);
  write(output);
  output.flush();
  return (stream.read() as Buffer).toString('hex');
}

function reading(hex: string): Input {
  const stream = new PassThrough();
  stream.end(Buffer.from(hex, 'hex'));
  return new Input(new Source(stream, signal), () => undefined);
}

/** Variable-length integers of 32 bits (write_varint). */
const VARINTS: readonly (readonly [number, string])[] = [
  [0, '00'],
  [127, '7f'],
  [128, '8080'],
  [16383, 'bfff'],
  [16384, 'c00040'],
  [2097151, 'dfffff'],
  [2097152, 'e0000020'],
  [268435455, 'efffffff'],
  [268435456, 'f000000010'],
  [-1, 'f0ffffffff'],
];

/** The same of 64 bits, of at least 3 bytes (write_varlong). */
const VARLONGS: readonly (readonly [number, string])[] = [
  [0, '000000'],
  [1, '000100'],
  [0xffffff, '80ffffff'],
  [0x1000000, '81000000'],
  [2 ** 31 - 1, 'c0ffffff7f'],
  [2 ** 32, 'c100000000'],
  [2 ** 40, 'e10000000000'],
  [2 ** 53 - 1, 'f8ffffffffffff1f'],
];

describe('the values of rsync on the wire', () => {
  for (const [value, hex] of VARINTS)
    it(`are written and read as a varint: ${value}`, async () => {
      expect(written((output) => output.varint(value))).to.equal(hex);
      expect(await reading(hex).parse((input) => input.varint())).to.equal(value);
    });

  for (const [value, hex] of VARLONGS)
    it(`are written and read as a varlong: ${value}`, async () => {
      expect(written((output) => output.varlong(value, 3))).to.equal(hex);
      expect(await reading(hex).parse((input) => input.varlong(3))).to.equal(value);
    });

  it('are read the same in whatever pieces they come', async () => {
    const stream = new PassThrough();
    const input = new Input(new Source(stream, signal), () => undefined);
    for (const byte of Buffer.from('f0ffffffff', 'hex'))
      setImmediate(() => stream.write(Buffer.from([byte])));
    expect(await input.parse((bytes) => bytes.varint())).to.equal(-1);
  });

  for (const protocol of [29, 30])
    it(`are indexes that come back as they were, protocol ${protocol}`, async () => {
      const indexes = [0, 1, 2, 255, 256, 600, 3, 40_000, 2 ** 31 - 1, 5, -1, 6];
      const writer = new IndexWriter(protocol);
      const hex = written((output) => {
        for (const index of indexes) writer.write(output, index);
      });
      const [reader, input] = [new IndexReader(protocol), reading(hex)];
      const found: number[] = [];
      for (let count = 0; count < indexes.length; count++) found.push(await reader.read(input));
      expect(found).to.deep.equal(indexes);
    });
});

describe('the blocks that rsync cuts a basis into', () => {
  const VECTORS: readonly (readonly number[])[] = [
    [1, 1, 700, 2, 1],
    [701, 2, 700, 2, 1],
    [490_000, 700, 700, 2, 0],
    [490_001, 701, 700, 2, 1],
    [1e6, 1000, 1000, 2, 0],
    [3e6, 1737, 1728, 2, 192],
    [1e7, 3165, 3160, 2, 1760],
    [1e8, 10_000, 10_000, 3, 0],
    [1e9, 31_630, 31_616, 3, 17_536],
    [1e10, 100_000, 100_000, 4, 0],
    [1e11, 762_940, 131_072, 5, 59_392],
  ];
  for (const [length = 0, count, blockLength, strongLength, remainder] of VECTORS)
    it(`are those of rsync for ${length} bytes`, () => {
      const head = planSums(length, { blockSize: 0, protocol: 32, digestLength: 16, full: false });
      expect(head).to.deep.equal({ count, blockLength, strongLength, remainder });
    });

  it('have the weak sum of the definition, of signed bytes, wherever the block lies', () => {
    const content = Uint8Array.from(
      { length: 140_000 },
      (_, index) => (index * index * 37 + (index >> 8)) & 0xff,
    );
    for (const length of [0, 1, 3, 4, 700, 1003, 131_072])
      for (const start of [0, 1, 2, 3, 4, 1001]) {
        const bytes = content.subarray(start, start + length);
        let [low, high] = [0, 0];
        for (const byte of bytes) {
          low = (low + ((byte << 24) >> 24)) | 0;
          high = (high + low) | 0;
        }
        expect(weakSum(bytes), `${length} from ${start} on`).to.equal((low & 0xffff) | (high << 16));
      }
    const same = new Uint8Array(131_072).fill(0x80);
    expect(weakSum(same) & 0xffff).to.equal((same.length * 0x80) & 0xffff);
  });
});

describe('a pattern of a filter rule', () => {
  const CASES: readonly (readonly [string, string, boolean])[] = [
    ['*.o', 'a.o', true],
    ['*.o', 'dir/a.o', false],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'a/b', false],
    ['[!a-c]x', 'dx', true],
    ['[[:digit:]]*', '7up', true],
    ['[[:digit:]]*', 'up7', false],
    ['a\\*', 'a*', true],
    ['a\\*', 'ab', false],
    ['?', '/', false],
    ['[', '[', false],
  ];
  for (const [pattern, text, matches] of CASES)
    it(`${pattern} ${matches ? 'matches' : 'does not match'} ${text}`, () => {
      expect(compileWildcards(pattern)(text)).to.equal(matches);
    });

  it('cannot be made to take forever', () => {
    const started = performance.now();
    expect(compileWildcards(`${'*a'.repeat(50)}b`)('a'.repeat(2000))).to.equal(false);
    expect(performance.now() - started).to.be.below(2000);
  });
});

describe('a name from an rsync client', () => {
  for (const name of ['../x', 'a/../../x', '..', 'a/..', '/etc/passwd'])
    it(`cannot lead out of the destination: ${name}`, () => {
      expect(() => receivedName(name, false)).to.throw(/unsafe/);
    });

  it('is cleaned', () => {
    expect(receivedName('a//b/./c', false)).to.equal('a/b/c');
    expect(receivedName('/a/b', true)).to.equal('a/b');
    expect(receivedName('..a/b..', false)).to.equal('..a/b..');
  });
});
