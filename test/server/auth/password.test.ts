import { expect } from 'chai';
import type { Account } from '../../../server/auth/account.ts';
import { hashPassword } from '../../../server/auth/password-hash.ts';
import { createPasswordVerifier } from '../../../server/auth/password.ts';

function account(passwordHash: string | undefined, enabled = true): Account {
  return {
    name: 'alice',
    uid: 1,
    gid: 1,
    superuser: false,
    enabled,
    shell: true,
    limits: {},
    readOnly: false,
    denied: [],
    passwordHash,
    keys: [],
  };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('checking a password', () => {
  it('says yes to the right one of an enabled account and no to everything else', async () => {
    const { verify } = await createPasswordVerifier();
    const hash = await hashPassword('päss wörd');
    expect(await verify(account(hash), bytes('päss wörd'))).to.equal(true);
    const wrong = [
      verify(account(hash), bytes('pass word')),
      verify(account(hash), bytes('')),
      verify(account(hash), Buffer.from('päss wörd', 'latin1')),
      verify(account(hash), bytes('x'.repeat(5000))),
      verify(account(hash, false), bytes('päss wörd')),
      verify(account(undefined), bytes('')),
      verify(undefined, bytes('päss wörd')),
    ];
    expect(await Promise.all(wrong)).to.deep.equal(wrong.map(() => false));
  });

  it('takes one argon2id of the same cost for whomever', async () => {
    const { verify } = await createPasswordVerifier();
    const hash = await hashPassword('secret');
    const candidates = {
      known: () => verify(account(hash), bytes('wrong')),
      unknown: () => verify(undefined, bytes('wrong')),
      disabled: () => verify(account(hash, false), bytes('secret')),
      passwordless: () => verify(account(undefined), bytes('wrong')),
      long: () => verify(account(hash), bytes('x'.repeat(5000))),
    };
    const times = Object.entries(candidates).map(([name, run]) => ({ name, run, list: [] as number[] }));
    for (let round = 0; round < 15; round++) {
      for (const { run, list } of times) {
        const begun = performance.now();
        await run();
        list.push(performance.now() - begun);
      }
    }
    // The shortest of many: what else the machine does only adds.
    const shortest = times.map(({ name, list }) => [name, Math.min(...list)] as const);
    const values = shortest.map(([, value]) => value);
    expect(Math.max(...values) / Math.min(...values), JSON.stringify(shortest)).to.be.lessThan(1.7);
  });

  it('runs no more at once than it is told, first come, first served', async () => {
    const { verify } = await createPasswordVerifier(1);
    const order: number[] = [];
    const all = [0, 1, 2, 3, 4].map(async (index) => {
      await verify(undefined, bytes('x'));
      order.push(index);
    });
    await Promise.all(all);
    expect(order).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it('rejects, rather than saying yes or no, where the stored hash is none', async () => {
    const { verify } = await createPasswordVerifier();
    let failed = false;
    await verify(account('not a hash'), bytes('x')).catch(() => (failed = true));
    expect(failed).to.equal(true);
    expect(await verify(undefined, bytes('x'))).to.equal(false);
  });
});
