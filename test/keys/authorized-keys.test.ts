import { generateKeyPairSync } from 'node:crypto';
import { expect } from 'chai';
import { parseAuthorizedKeys } from '../../keys/authorized-keys.ts';
import { generateOpensshKeyPair } from '../../keys/openssh-key-pair.ts';
import { wireMpint, wireString } from '../../keys/wire.ts';

const ED25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKqP4WD5TTeMYsFhTEpXjkIBDpPVhb9SL+6bpMPHfvTz';
const BASE64 = ED25519.split(' ')[1] ?? '';

function line(type: string, ...fields: (Uint8Array | string)[]): string {
  const blob = Buffer.concat([type, ...fields].map((field) => wireString(field)));
  return `${type} ${blob.toString('base64')} someone`;
}

function rsaLine(bits: number): string {
  const modulus = Buffer.alloc(bits / 8, 0xff);
  const blob = Buffer.concat([wireString('ssh-rsa'), wireMpint(Uint8Array.of(1, 0, 1)), wireMpint(modulus)]);
  return `ssh-rsa ${blob.toString('base64')}`;
}

/** The only problem's reason. */
function reason(text: string): string {
  const { keys, problems } = parseAuthorizedKeys(text);
  expect(keys).to.deep.equal([]);
  expect(problems).to.have.length(1);
  return problems[0]?.reason ?? '';
}

function onlyKey(text: string) {
  const { keys, problems } = parseAuthorizedKeys(text);
  expect(problems).to.deep.equal([]);
  expect(keys).to.have.length(1);
  const [key] = keys;
  if (key === undefined) throw new Error('no key');
  return key;
}

describe('authorized keys: lines', () => {
  it('passes over comments and blank lines and counts lines from 1', () => {
    const { keys, problems } = parseAuthorizedKeys(
      `# mine\n\n  \t\n${ED25519} alice@laptop\nrubbish\n   # end`,
    );
    expect(keys.map((key) => [key.type, key.comment, key.options])).to.deep.equal([
      ['ssh-ed25519', 'alice@laptop', {}],
    ]);
    expect(keys[0]?.blob).to.deep.equal(Buffer.from(BASE64, 'base64'));
    expect(problems.map((problem) => problem.line)).to.deep.equal([5]);
  });

  it('reads files of Windows: carriage returns and a byte order mark', () => {
    const { keys, problems } = parseAuthorizedKeys(`\uFEFF${ED25519} a b  c \r\n\r\n${ED25519}\r\n`);
    expect(problems).to.deep.equal([]);
    expect(keys.map((key) => key.comment)).to.deep.equal(['a b  c', '']);
  });

  it('reads every type that OpenSSH generates for it', async () => {
    for (const type of ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa'] as const) {
      const { publicLine } = await generateOpensshKeyPair(type, 'made here');
      expect(onlyKey(publicLine)).to.include({ type, comment: 'made here' });
    }
  });

  it('reads ecdsa keys on the larger curves', () => {
    for (const [curve, jwkCurve] of [
      ['nistp384', 'P-384'],
      ['nistp521', 'P-521'],
    ] as const) {
      const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: jwkCurve }).publicKey.export({
        format: 'jwk',
      });
      const point = Buffer.concat([
        Uint8Array.of(4),
        Buffer.from(x, 'base64url'),
        Buffer.from(y, 'base64url'),
      ]);
      expect(onlyKey(line(`ecdsa-sha2-${curve}`, curve, point)).type).to.equal(`ecdsa-sha2-${curve}`);
    }
  });

  it('accepts an RSA key of 2048 bits and refuses shorter and monstrous ones', () => {
    expect(onlyKey(rsaLine(2048)).type).to.equal('ssh-rsa');
    expect(reason(rsaLine(1024))).to.equal('the RSA key has 1024 bits; at least 2048 are needed');
    expect(reason(rsaLine(32_768))).to.match(/at most 16384|line is too long/);
  });
});

describe('authorized keys: what is refused, and why', () => {
  const cases: readonly (readonly [what: string, text: string, reason: RegExp])[] = [
    [
      'a private key',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----',
      /private key.*\.pub/,
    ],
    ['an old private key', '\n-----BEGIN RSA PRIVATE KEY-----\nabc\n', /private key/],
    ['a key file of PuTTY', 'PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n', /private key of PuTTY/],
    [
      'a key in RFC 4716',
      '---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----',
      /ssh-keygen -i/,
    ],
    ['a key in PEM', '-----BEGIN PUBLIC KEY-----\nAAAA\n', /ssh-keygen -i -m PKCS8/],
    ['UTF-16', `s\0s\0h\0`, /UTF-8/],
    ['a DSA key', line('ssh-dss', 'p'), /DSA/],
    ['a key on a token', line('sk-ssh-ed25519@openssh.com', Buffer.alloc(32), 'ssh:'), /FIDO/],
    ['a certificate', line('ssh-ed25519-cert-v01@openssh.com', 'x'), /certificates/],
    ['an unknown type', line('ssh-kyber', 'x'), /ssh-kyber are not supported/],
    ['base64 that was cut', ED25519.slice(0, -3), /not whole|cut short/],
    ['base64 with rubbish', `${ED25519.slice(0, 40)}!${ED25519.slice(41)}`, /base64 text is broken/],
    ['a type without a key', 'ssh-ed25519', /no public key/],
    ['another key inside', `ssh-rsa ${BASE64}`, /the key in it is another/],
    ['bytes left over', line('ssh-ed25519', Buffer.alloc(32), 'x'), /left over/],
    ['a wrong length', line('ssh-ed25519', Buffer.alloc(31)), /wrong length/],
    ['a foreign curve', line('ecdsa-sha2-nistp256', 'nistp384', Buffer.alloc(65, 4)), /another curve/],
    [
      'a point off the curve',
      line('ecdsa-sha2-nistp256', 'nistp256', Buffer.alloc(65, 4)),
      /not a point on its curve/,
    ],
    ['an even RSA exponent', line('ssh-rsa', Uint8Array.of(2), Buffer.alloc(256, 1)), /exponent/],
    ['a negative RSA modulus', line('ssh-rsa', Uint8Array.of(3), Buffer.alloc(256, 0xff)), /negative/],
    ['a line without end', `ssh-ed25519 ${'A'.repeat(20_000)}`, /too long/],
    ['a file without end', 'A'.repeat((1 << 20) + 1), /larger than 1 MiB/],
  ];
  for (const [what, text, expected] of cases) {
    it(`refuses ${what}`, () => {
      expect(reason(text)).to.match(expected);
    });
  }

  it('never repeats a private key in a message', () => {
    const text = reason('-----BEGIN OPENSSH PRIVATE KEY-----\nTOPSECRET\n-----END OPENSSH PRIVATE KEY-----');
    expect(text).not.to.contain('TOPSECRET');
  });
});

describe('authorized keys: options', () => {
  it('reads from= with commas inside the quotes', () => {
    const key = onlyKey(`from="10.0.0.0/8,!10.1.2.3,*.example.org",restrict ${ED25519} home`);
    expect(key.options).to.deep.equal({ from: ['10.0.0.0/8', '!10.1.2.3', '*.example.org'] });
    expect(key.optionsText).to.equal('from="10.0.0.0/8,!10.1.2.3,*.example.org",restrict');
    expect(key.comment).to.equal('home');
  });

  it('reads expiry-time= in UTC and in local time, and keeps the earliest', () => {
    const utc = Date.UTC(2030, 11, 31, 23, 59, 58) / 1000;
    expect(onlyKey(`expiry-time="20301231235958Z" ${ED25519}`).options.expiryTime).to.equal(utc);
    const local = new Date(2030, 0, 2).getTime() / 1000;
    expect(onlyKey(`expiry-time="20301231",expiry-time="20300102" ${ED25519}`).options.expiryTime).to.equal(
      local,
    );
  });

  it('accepts what narrows only things that are never granted, in any case', () => {
    const harmless =
      'restrict,no-pty,no-agent-forwarding,No-X11-Forwarding,no-port-forwarding,no-user-rc,permitopen="a:1",tunnel="0"';
    expect(onlyKey(`${harmless} ${ED25519}`).options).to.deep.equal({});
  });

  const refused: readonly (readonly [options: string, reason: RegExp])[] = [
    ['command="ls"', /command= is not supported/],
    ['command="echo \\"from\\", no"', /command= is not supported/],
    ['no-pty,COMMAND="ls"', /COMMAND|command= is not supported/],
    ['environment="A=b"', /environment= is not supported/],
    ['verify-required', /verify-required/],
    ['cert-authority', /certificates/],
    ['principals="a"', /certificates/],
    ['colour="red"', /no option colour/],
    ['constructor', /no option constructor/],
    ['__proto__="x"', /malformed/],
    ['from="10.0.0.0/33"', /no block of addresses: 10\.0\.0\.0\/33/],
    ['from="10.0.0.0/8,,::1"', /empty pattern/],
    ['from=""', /needs a value/],
    ['from', /needs a value/],
    ['from="::1",from="::2"', /given twice/],
    ['from=10.0.0.1', /needs quotes/],
    ['from="10.0.0.1"x', /malformed/],
    ['no-pty,', /end in a comma/],
    ['no-pty,,restrict', /malformed/],
    ['expiry-time="tomorrow"', /expiry-time needs/],
    ['expiry-time="20300231"', /does not exist/],
    ['expiry-time="203001012460"', /does not exist/],
  ];
  for (const [options, expected] of refused) {
    it(`refuses the key where the options are ${options}`, () => {
      expect(reason(`${options} ${ED25519}`)).to.match(expected);
    });
  }

  it('does not take an escaped quote for the end of a value', () => {
    expect(reason(`from="a\\" ${ED25519}`)).to.match(/no public key|malformed/);
    expect(onlyKey(`from="a\\"b" ${ED25519}`).options.from).to.deep.equal(['a"b']);
  });
});
