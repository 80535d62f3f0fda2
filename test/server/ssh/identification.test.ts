import { expect } from 'chai';
import { readIdentification } from '../../../server/ssh/identification.ts';

const stateOf = (text: string): string => readIdentification(Buffer.from(text, 'latin1')).state;

describe('the first line of a client', () => {
  for (const line of [
    'SSH-2.0-OpenSSH_9.2p1 Debian-2',
    'SSH-2.0-x',
    'SSH-1.99-Old_1',
    `SSH-2.0-${'x'.repeat(245)}`,
  ]) {
    it(`is valid as ${line.slice(0, 40)}, with LF or CR LF behind it`, () => {
      for (const end of ['\r\n', '\n', '\nrest that is not looked at']) {
        expect(readIdentification(Buffer.from(line + end))).to.deep.equal({ state: 'valid', line });
      }
    });
  }

  for (const part of ['', 'S', 'SSH', 'SSH-2.0-Open', 'SSH-2.0-OpenSSH\r']) {
    it(`is waited for after ${JSON.stringify(part)}`, () => expect(stateOf(part)).to.equal('incomplete'));
  }

  const wrong = [
    'GET / HTTP/1.1\r\n',
    'G',
    'SSHX',
    '\n',
    '\0\0\0\0',
    'SSH-1.5-x\r\n',
    'SSH-2.0-\r\n',
    'SSH-2.0\r\n',
    'SSH-2.0-a\u0001b\r\n',
    'SSH-2.0-a\0\r\n',
    `SSH-2.0-${'x'.repeat(250)}`,
    `SSH-2.0-${'x'.repeat(300)}\r\n`,
  ];
  for (const text of wrong) {
    it(`is refused at once as ${JSON.stringify(text.slice(0, 30))}`, () =>
      expect(stateOf(text)).to.equal('invalid'));
  }

  it('shows no more than a beginning of what it was', () => {
    const found = readIdentification(Buffer.alloc(5000, 'x'));
    expect(found).to.deep.equal({ state: 'invalid', shown: 'x'.repeat(60) });
  });
});
