import { expect } from 'chai';
import { ConfigError } from '../../config/config-error.ts';
import { formatListenAddress, parseListenAddress } from '../../config/listen-address.ts';
import { nearest } from '../../config/nearest.ts';
import { parseCountLimit, parseSize, parseSizeLimit } from '../../config/size.ts';

describe('sizes', () => {
  const sizes: readonly (readonly [text: string, bytes: number])[] = [
    ['0', 0],
    ['4096', 4096],
    ['512B', 512],
    ['1k', 1024],
    ['1KiB', 1024],
    ['1kB', 1000],
    ['500MB', 500_000_000],
    ['10GiB', 10 * 2 ** 30],
    ['10 gib', 10 * 2 ** 30],
    ['1.5TiB', 1.5 * 2 ** 40],
    ['2P', 2 ** 51],
    [' 7 ', 7],
  ];
  for (const [text, bytes] of sizes) {
    it(`reads "${text}" as ${bytes} bytes`, () => {
      expect(parseSize(text)).to.equal(bytes);
    });
  }

  for (const text of [
    '',
    '-1',
    '1.5',
    '10 G i B',
    'GiB',
    '1e3',
    '0x10',
    '8PiB',
    '99999999999999999999',
    '1EiB',
    'NaN',
  ]) {
    it(`refuses "${text}"`, () => {
      expect(() => parseSize(text)).to.throw(ConfigError);
    });
  }

  it('takes 0 and none for no ceiling', () => {
    expect(['0', '0GiB', 'none', 'Unlimited', '1'].map(parseSizeLimit)).to.deep.equal([
      null,
      null,
      null,
      null,
      1,
    ]);
    expect(['0', 'none', '100000'].map(parseCountLimit)).to.deep.equal([null, null, 100_000]);
    expect(() => parseCountLimit('1k')).to.throw(ConfigError);
    expect(() => parseCountLimit('-1')).to.throw(ConfigError);
  });
});

describe('addresses to listen on', () => {
  const addresses: readonly (readonly [text: string, host: string, port: number])[] = [
    ['127.0.0.1:2022', '127.0.0.1', 2022],
    ['localhost:0', 'localhost', 0],
    ['[::1]:2022', '::1', 2022],
    ['[::]:65535', '::', 65_535],
    [':2022', '', 2022],
    ['*:22', '', 22],
  ];
  for (const [text, host, port] of addresses) {
    it(`reads ${text}, and writes it back`, () => {
      expect(parseListenAddress(text)).to.deep.equal({ host, port });
      expect(parseListenAddress(formatListenAddress({ host, port }))).to.deep.equal({ host, port });
    });
  }

  const refused: readonly (readonly [text: string, reason: RegExp])[] = [
    ['2022', /write 127\.0\.0\.1:2022, or :2022/],
    ['::1', /write \[::1\]:2022/],
    ['fe80::1:2:zz:2022', /brackets/],
    ['127.0.0.1', /like 127\.0\.0\.1:2022/],
    ['127.0.0.1:', /not an address/],
    ['127.0.0.1:65536', /no port between/],
    ['[127.0.0.1]:22', /no IPv6 address/],
    ['a b:22', /not an address/],
    ['', /not an address/],
  ];
  for (const [text, reason] of refused) {
    it(`refuses "${text}" with a hint`, () => {
      expect(() => parseListenAddress(text)).to.throw(ConfigError, reason);
    });
  }
});

describe('the nearest word', () => {
  const words = ['listen', 'log-format', 'log-level', 'umask'];

  it('is found through typing mistakes, swaps and other spellings', () => {
    expect(
      ['lisen', 'lsiten', 'LISTEN', 'logformat', 'umsak'].map((word) => nearest(word, words)),
    ).to.deep.equal(['listen', 'listen', 'listen', 'log-format', 'umask']);
  });

  it('is not made up for a word that is far from all', () => {
    expect(['port', '', 'x'].map((word) => nearest(word, words))).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
