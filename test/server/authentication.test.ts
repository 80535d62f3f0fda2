import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { expect } from 'chai';
import type { Account } from '../../server/auth/account.ts';
import { createThrottle } from '../../server/auth/throttle.ts';
import { DISCONNECT, MESSAGE } from '../../server/ssh/messages.ts';
import { boolean, message, string, uint32 } from '../../server/ssh/wire.ts';
import {
  methodRequest,
  passwordRequest,
  rawClient,
  requestLoginService,
  type RawClient,
} from '../support/raw-client.ts';
import { testServer } from '../support/server.ts';

const METHODS = 'publickey,password,keyboard-interactive';

interface TestKey {
  readonly line: string;
  readonly blob: Buffer;
  readonly privateKey: KeyObject;
}

function ed25519(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const blob = Buffer.concat([string('ssh-ed25519'), string(raw)]);
  return { privateKey, blob, line: `ssh-ed25519 ${blob.toString('base64')} test` };
}

function rsa(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const mpint = (text: string): Uint8Array =>
    string(Buffer.concat([Buffer.of(0), Buffer.from(text, 'base64url')]));
  const blob = Buffer.concat([string('ssh-rsa'), string(Buffer.from(e, 'base64url')), mpint(n)]);
  return { privateKey, blob, line: `ssh-rsa ${blob.toString('base64')} test` };
}

const own = ed25519();
const stranger = ed25519();
const fromElsewhere = ed25519();
const fromHere = ed25519();
const expired = ed25519();
const notYetExpired = ed25519();
const ownRsa = rsa();

describe('logging in', () => {
  const server = testServer({
    accounts: {
      alice: {
        password: 'secret',
        authorizedKeys: [
          own.line,
          ownRsa.line,
          `from="10.0.0.0/8,!127.0.0.1" ${fromElsewhere.line}`,
          `from="127.0.0.0/8" ${fromHere.line}`,
          `expiry-time="20200101" ${expired.line}`,
          `expiry-time="29990101" ${notYetExpired.line}`,
        ],
      },
      gone: { password: 'secret', enabled: false, authorizedKeys: [own.line] },
      keysonly: { authorizedKeys: [own.line] },
    },
    config: { banner: 'Hello.\nBehave.' },
    throttle: createThrottle({ free: 100_000 }),
  });
  let client: RawClient;

  beforeEach(async () => {
    client = await rawClient(server().port);
    await requestLoginService(client);
    await client.take(MESSAGE.userAuthBanner);
  });

  afterEach(() => client.close());

  const failure = async (): Promise<string> => {
    const { fields } = await client.take(MESSAGE.userAuthFailure);
    const methods = fields.text();
    expect(fields.boolean()).to.equal(false);
    return methods;
  };

  const disconnected = async (): Promise<number> => {
    const { fields } = await client.take(MESSAGE.disconnect);
    await client.closed;
    return fields.uint32();
  };

  /** A login by key: with `signature` absent only the question whether the key would do. */
  const keyRequest = (
    user: string,
    algorithm: string,
    blob: Uint8Array,
    signature?: Uint8Array,
  ): Uint8Array => {
    const fields = [boolean(signature !== undefined), string(algorithm), string(blob)];
    if (signature !== undefined) fields.push(string(signature));
    return methodRequest(user, 'publickey', ...fields);
  };

  const signed = (
    user: string,
    key: TestKey,
    algorithm = 'ssh-ed25519',
    hash: string | null = null,
  ): Uint8Array => {
    const body = keyRequest(user, algorithm, key.blob, Buffer.alloc(0)).subarray(0, -4);
    const value = sign(hash, Buffer.concat([string(client.sessionId), body]), key.privateKey);
    return keyRequest(user, algorithm, key.blob, Buffer.concat([string(algorithm), string(value)]));
  };

  it('begins with the banner, its lines ended as a terminal wants them', async () => {
    const other = await rawClient(server().port);
    await requestLoginService(other);
    const { fields } = await other.take(MESSAGE.userAuthBanner);
    expect(fields.text()).to.equal('Hello.\r\nBehave.\r\n');
    await other.close();
  });

  it('answers the method none with the methods that there are, for whomever', async () => {
    for (const user of ['alice', 'nobody', 'gone', '', '\udcff', '__proto__', 'a'.repeat(10_000)]) {
      client.send(methodRequest(user, 'none'));
      expect(await failure()).to.equal(METHODS);
    }
  });

  for (const method of [
    'hostbased',
    'gssapi-with-mic',
    'constructor',
    '',
    'keyboard-interactive ',
    'PASSWORD',
  ]) {
    it(`fails the unknown method ${JSON.stringify(method)} and goes on`, async () => {
      client.send(methodRequest('alice', method, string('whatever'), uint32(7)));
      expect(await failure()).to.equal(METHODS);
      client.send(passwordRequest('alice', 'secret'));
      await client.take(MESSAGE.userAuthSuccess);
    });
  }

  it('lets a right password in and nothing else', async () => {
    for (const [user, password] of [
      ['alice', 'wrong'],
      ['alice', ''],
      ['alice', 'secret\0'],
      ['Alice', 'secret'],
      ['gone', 'secret'],
    ] as const) {
      client.send(passwordRequest(user, password));
      expect(await failure(), `${user} ${password}`).to.equal(METHODS);
    }
    client.send(passwordRequest('alice', 'secret'));
    await client.take(MESSAGE.userAuthSuccess);
  });

  it('refuses a password to an account that has none, and one of 20,000 bytes', async () => {
    client.send(passwordRequest('keysonly', ''));
    await failure();
    client.send(passwordRequest('alice', Buffer.alloc(20_000, 'x')));
    await failure();
  });

  it('refuses to change a password', async () => {
    client.send(methodRequest('alice', 'password', boolean(true), string('secret'), string('new')));
    expect(await failure()).to.equal(METHODS);
  });

  it('lets a right password in by keyboard-interactive, asked for once without echo', async () => {
    client.send(methodRequest('alice', 'keyboard-interactive', string(''), string('')));
    const { fields } = await client.take(MESSAGE.userAuthInfoRequest);
    expect([fields.text(), fields.text(), fields.text()]).to.deep.equal(['', '', '']);
    expect([fields.uint32(), fields.text(), fields.boolean()]).to.deep.equal([1, 'Password: ', false]);
    client.send(message(MESSAGE.userAuthInfoResponse, uint32(1), string('secret')));
    await client.take(MESSAGE.userAuthSuccess);
  });

  it('asks the same of a user who does not exist', async () => {
    client.send(methodRequest('nobody', 'keyboard-interactive', string(''), string('')));
    await client.take(MESSAGE.userAuthInfoRequest);
    client.send(message(MESSAGE.userAuthInfoResponse, uint32(1), string('secret')));
    expect(await failure()).to.equal(METHODS);
  });

  for (const count of [0, 2, 2 ** 32 - 1]) {
    it(`refuses ${count} answers to one question`, async () => {
      client.send(methodRequest('alice', 'keyboard-interactive', string(''), string('')));
      await client.take(MESSAGE.userAuthInfoRequest);
      client.send(message(MESSAGE.userAuthInfoResponse, uint32(count), string('secret'), string('secret')));
      expect(await failure()).to.equal(METHODS);
    });
  }

  it('forgets its question when another request comes, so that no answer reaches another user', async () => {
    client.send(methodRequest('alice', 'keyboard-interactive', string(''), string('')));
    await client.take(MESSAGE.userAuthInfoRequest);
    client.send(methodRequest('nobody', 'none'));
    await failure();
    client.send(message(MESSAGE.userAuthInfoResponse, uint32(1), string('secret')));
    expect(await disconnected()).to.equal(DISCONNECT.protocolError);
  });

  it('says whether a key would do, and lets its owner in', async () => {
    client.send(keyRequest('alice', 'ssh-ed25519', own.blob));
    const { fields } = await client.take(MESSAGE.userAuthPublicKeyOk);
    expect(fields.text()).to.equal('ssh-ed25519');
    expect(own.blob.equals(fields.bytes())).to.equal(true);
    client.send(signed('alice', own));
    await client.take(MESSAGE.userAuthSuccess);
  });

  for (const [algorithm, hash] of [
    ['rsa-sha2-256', 'sha256'],
    ['rsa-sha2-512', 'sha512'],
  ] as const) {
    it(`lets an RSA key in by ${algorithm}`, async () => {
      client.send(signed('alice', ownRsa, algorithm, hash));
      await client.take(MESSAGE.userAuthSuccess);
    });
  }

  it('refuses an RSA key by SHA-1, asked or signed', async () => {
    client.send(keyRequest('alice', 'ssh-rsa', ownRsa.blob));
    expect(await failure()).to.equal(METHODS);
    client.send(signed('alice', ownRsa, 'ssh-rsa', 'sha1'));
    expect(await failure()).to.equal(METHODS);
  });

  const badSignatures: Record<string, () => Uint8Array> = {
    'of another key': () => {
      const [ours, theirs] = [signed('alice', own), signed('alice', stranger)];
      return Buffer.concat([ours.subarray(0, -64), theirs.subarray(-64)]);
    },
    'of another session': () => {
      const body = keyRequest('alice', 'ssh-ed25519', own.blob, Buffer.alloc(0)).subarray(0, -4);
      const value = sign(null, Buffer.concat([string(Buffer.alloc(32)), body]), own.privateKey);
      return keyRequest(
        'alice',
        'ssh-ed25519',
        own.blob,
        Buffer.concat([string('ssh-ed25519'), string(value)]),
      );
    },
    'made for another user': () => {
      const forKeysOnly = signed('keysonly', own);
      return keyRequest('alice', 'ssh-ed25519', own.blob, forKeysOnly.subarray(-83));
    },
    'that names another algorithm than the request': () =>
      keyRequest(
        'alice',
        'rsa-sha2-512',
        ownRsa.blob,
        Buffer.concat([string('rsa-sha2-256'), string(Buffer.alloc(256))]),
      ),
    'with bytes behind it': () => {
      const whole = signed('alice', own).subarray(-83);
      return keyRequest('alice', 'ssh-ed25519', own.blob, Buffer.concat([whole, Buffer.of(0)]));
    },
    'that is empty': () => keyRequest('alice', 'ssh-ed25519', own.blob, Buffer.alloc(0)),
    'of zeros': () =>
      keyRequest(
        'alice',
        'ssh-ed25519',
        own.blob,
        Buffer.concat([string('ssh-ed25519'), string(Buffer.alloc(64))]),
      ),
  };
  for (const [name, request] of Object.entries(badSignatures)) {
    it(`refuses a signature ${name}`, async () => {
      client.send(request());
      expect(await failure()).to.equal(METHODS);
    });
  }

  it('refuses keys that are not of the account, asked and signed alike', async () => {
    const requests = [
      keyRequest('alice', 'ssh-ed25519', stranger.blob),
      signed('alice', stranger),
      keyRequest('nobody', 'ssh-ed25519', own.blob),
      signed('nobody', own),
      keyRequest('gone', 'ssh-ed25519', own.blob),
      signed('gone', own),
      keyRequest('alice', 'ecdsa-sha2-nistp256', own.blob),
      keyRequest('alice', '__proto__', own.blob),
    ];
    for (const request of requests) {
      client.send(request);
      expect(await failure()).to.equal(METHODS);
    }
  });

  it('honours from= and expiry-time= of a key', async () => {
    for (const key of [fromElsewhere, expired]) {
      client.send(keyRequest('alice', 'ssh-ed25519', key.blob));
      expect(await failure()).to.equal(METHODS);
      client.send(signed('alice', key));
      expect(await failure()).to.equal(METHODS);
    }
    client.send(keyRequest('alice', 'ssh-ed25519', notYetExpired.blob));
    await client.take(MESSAGE.userAuthPublicKeyOk);
    client.send(signed('alice', fromHere));
    await client.take(MESSAGE.userAuthSuccess);
  });

  it('asks the account store at each attempt, so that a change counts at once', async () => {
    const { accounts } = server();
    const account = accounts.get('alice') as Account;
    try {
      accounts.set('alice', { ...account, enabled: false });
      client.send(passwordRequest('alice', 'secret'));
      await failure();
      accounts.set('alice', account);
      client.send(passwordRequest('alice', 'secret'));
      await client.take(MESSAGE.userAuthSuccess);
    } finally {
      accounts.set('alice', account);
    }
  });

  it('disconnects after the sixth wrong password, whoever it was for', async () => {
    for (const user of ['alice', 'bob', 'alice', 'carol', 'alice']) {
      client.send(passwordRequest(user, 'wrong'));
      await failure();
    }
    client.send(passwordRequest('dave', 'wrong'));
    expect(await disconnected()).to.equal(DISCONNECT.noMoreAuthMethods);
  });

  it('does not look at a seventh password that was sent along with six wrong ones', async () => {
    for (let attempt = 0; attempt < 6; attempt++) client.send(passwordRequest('alice', 'wrong'));
    client.send(passwordRequest('alice', 'secret'));
    expect(await disconnected()).to.equal(DISCONNECT.noMoreAuthMethods);
    expect(client.received.filter(({ type }) => type === MESSAGE.userAuthSuccess)).to.deep.equal([]);
  });

  it('lets in a person whose agent offers a dozen other keys first, but not without end', async () => {
    for (let offer = 0; offer < 12; offer++) {
      client.send(keyRequest('alice', 'ssh-ed25519', ed25519().blob));
      await failure();
    }
    client.send(signed('alice', own));
    await client.take(MESSAGE.userAuthSuccess);
    const other = await rawClient(server().port);
    await requestLoginService(other);
    for (let offer = 0; offer < 24; offer++) {
      other.send(keyRequest('alice', 'ssh-ed25519', stranger.blob));
      await other.take(offer < 23 ? MESSAGE.userAuthFailure : MESSAGE.disconnect);
    }
    await other.closed;
  });

  it('disconnects a client that sends requests without waiting', async () => {
    for (let request = 0; request < 40; request++) client.send(passwordRequest('alice', 'wrong'));
    expect(await disconnected()).to.equal(DISCONNECT.protocolError);
  });

  it('serves only ssh-connection', async () => {
    client.send(passwordRequest('alice', 'secret', 'ssh-shutdown'));
    expect(await disconnected()).to.equal(DISCONNECT.serviceNotAvailable);
  });

  for (const cut of [1, 5, 20, 40, 45]) {
    it(`disconnects for a request of ${cut} bytes`, async () => {
      client.send(passwordRequest('alice', 'secret').subarray(0, cut));
      expect(await disconnected()).to.equal(DISCONNECT.protocolError);
    });
  }

  it('fails when the account store does, says so in the log, and lets nobody in', async () => {
    const { accounts, log } = server();
    const find = accounts.get.bind(accounts);
    accounts.get = () => {
      throw new Error('the disk is on fire');
    };
    try {
      client.send(passwordRequest('alice', 'secret'));
      expect(await disconnected()).to.equal(DISCONNECT.byApplication);
    } finally {
      accounts.get = find;
    }
    const line = log.lines.find(({ level }) => level === 'error');
    expect(String(line?.fields['error'])).to.contain('on fire');
  });
});

describe('the time of a refusal', function () {
  this.timeout(60_000);
  const server = testServer({
    accounts: { alice: { password: 'secret' }, gone: { password: 'secret', enabled: false }, keysonly: {} },
    config: { authAttempts: 1000, loginGraceSeconds: 60 },
    throttle: createThrottle({ free: 100_000 }),
  });

  /** The fewest milliseconds of refusals by user: what a busy machine adds is not in them. Users are taken in turn. */
  const shortest = async (
    users: readonly string[],
    request: (user: string) => Uint8Array,
  ): Promise<Map<string, number>> => {
    const client = await rawClient(server().port);
    await requestLoginService(client);
    const times = new Map(users.map((user) => [user, [] as number[]]));
    for (let round = 0; round < 25; round++) {
      for (const [user, list] of times) {
        const begun = performance.now();
        client.send(request(user));
        await client.take(MESSAGE.userAuthFailure);
        list.push(performance.now() - begun);
      }
    }
    await client.close();
    return new Map([...times].map(([user, list]) => [user, Math.min(...list)]));
  };

  it('by password tells nothing of whether the user exists, may log in or has a password', async () => {
    const found = await shortest(['alice', 'nobody', 'gone', 'keysonly'], (user) =>
      passwordRequest(user, 'wrong'),
    );
    // What each takes inside is in password.test.ts; the answer comes at 5 to 9 ms by user, doubled until that is over.
    expectAlike(found);
  });

  it('by key is the same few milliseconds, whether the user exists or not', async () => {
    const key = ed25519();
    const found = await shortest(['alice', 'nobody'], (user) =>
      methodRequest(user, 'publickey', boolean(false), string('ssh-ed25519'), string(key.blob)),
    );
    expectAlike(found);
  });

  /** None comes before its delay (5 ms and more; a timer may be a millisecond early), and none takes longer than the delay of another user, doubled once, would explain. */
  const expectAlike = (found: ReadonlyMap<string, number>): void => {
    const told = JSON.stringify([...found]);
    expect(Math.min(...found.values()), told).to.be.at.least(4);
    expect(Math.max(...found.values()), told).to.be.below(4 * Math.min(...found.values()));
  };
});

describe('many wrong passwords from one address', () => {
  let clock = 1_000_000;
  const server = testServer({
    accounts: { alice: { password: 'secret', authorizedKeys: [own.line] } },
    throttle: createThrottle({ free: 3, firstPenalty: 60_000 }, () => clock),
  });

  it('shut passwords out for a while, right ones too, but no keys', async () => {
    const guess = async (password: string): Promise<RawClient> => {
      const client = await rawClient(server().port);
      await requestLoginService(client);
      client.send(passwordRequest('alice', password));
      return client;
    };
    for (let attempt = 0; attempt < 4; attempt++) {
      const client = await guess('wrong');
      await client.take(MESSAGE.userAuthFailure);
      await client.close();
    }
    const shutOut = await guess('secret');
    const { fields } = await shutOut.take(MESSAGE.disconnect);
    expect(fields.uint32()).to.equal(DISCONNECT.noMoreAuthMethods);
    expect(fields.text()).to.equal('Too many failed logins from your address. Try again in 60 s.');

    const byKey = await rawClient(server().port);
    await requestLoginService(byKey);
    byKey.send(methodRequest('alice', 'publickey', boolean(false), string('ssh-ed25519'), string(own.blob)));
    await byKey.take(MESSAGE.userAuthPublicKeyOk);
    await byKey.close();

    clock += 60_000;
    const later = await guess('secret');
    await later.take(MESSAGE.userAuthSuccess);
    await later.close();
  });
});
