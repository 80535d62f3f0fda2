import { expect } from 'chai';
import Database from 'better-sqlite3';
import { Transaction, type Participant } from '../../../../vfs/backends/sqlite/transaction.ts';

describe('the transaction of a store', () => {
  let db: Database.Database;
  let transaction: Transaction;
  let heard: string[];

  beforeEach(() => {
    db = new Database(':memory:');
    db.exec('CREATE TABLE t(a INTEGER PRIMARY KEY)');
    transaction = new Transaction(db);
    heard = [];
  });

  afterEach(() => db.close());

  const insert = (number: number, how = ''): void => {
    db.prepare(`INSERT ${how} INTO t VALUES(?)`).run(number);
  };
  const numbers = (): unknown[] => db.prepare('SELECT a FROM t ORDER BY a').pluck().all();

  const listener = (name: string, more: Participant = {}): Participant => ({
    begun: () => {
      heard.push(`${name} begun`);
      return more.begun?.() ?? false;
    },
    beforeCommit: () => heard.push(`${name} before`),
    committed: () => heard.push(`${name} committed`),
    rolledBack: (cause) => {
      heard.push(`${name} rolled back: ${String(cause)}`);
      more.rolledBack?.(cause);
    },
  });

  it('begins with the first change, and tells all who take part in the order in which they joined', () => {
    transaction.join(listener('a'), listener('b'));
    expect(transaction.active).to.equal(false);
    transaction.ensure();
    transaction.ensure();
    insert(1);
    transaction.commit();
    transaction.commit();
    expect(heard).to.deep.equal(['a begun', 'b begun', 'a before', 'b before', 'a committed', 'b committed']);
    expect(numbers()).to.deep.equal([1]);
  });

  it('commits by itself what must be there before all else', () => {
    transaction.join({
      begun: () => {
        if (numbers().length > 0) return false;
        insert(100);
        return true;
      },
    });
    transaction.ensure();
    insert(1);
    transaction.rollback('for a test');
    expect(numbers()).to.deep.equal([100]);
    transaction.ensure();
    insert(2);
    transaction.commit();
    expect(numbers()).to.deep.equal([2, 100]);
  });

  it('that is rolled back tells why', () => {
    transaction.join(listener('a'));
    transaction.ensure();
    insert(1);
    transaction.rollback('disk full');
    transaction.rollback('again');
    expect(heard).to.deep.equal(['a begun', 'a rolled back: disk full']);
    expect(numbers()).to.deep.equal([]);
  });

  it('that SQLite has ended by itself is not taken for one that goes on', () => {
    transaction.join(listener('a'));
    transaction.ensure();
    insert(1);
    expect(transaction.endedBySqlite).to.equal(false);
    expect(() => insert(1, 'OR ROLLBACK')).to.throw('UNIQUE');
    expect(transaction.endedBySqlite).to.equal(true);
    transaction.rollback('ended');
    expect(transaction.endedBySqlite).to.equal(false);
    expect(heard).to.deep.equal(['a begun', 'a rolled back: ended']);
    transaction.ensure();
    insert(2);
    transaction.commit();
    expect(numbers()).to.deep.equal([2]);
  });

  it('does not begin again until everybody has gone back to what the file says', () => {
    let broken = true;
    const rolledBack = (): void => {
      if (broken) throw new Error('the file cannot be read');
    };
    transaction.join(listener('a'), listener('b', { rolledBack }), listener('c'));
    transaction.ensure();
    expect(() => transaction.rollback('lost')).to.throw('cannot be read');
    expect(() => transaction.ensure()).to.throw('cannot be read');
    expect(() => transaction.restore()).to.throw('cannot be read');
    expect(transaction.active).to.equal(false);
    broken = false;
    heard = [];
    transaction.restore();
    transaction.restore();
    expect(heard).to.deep.equal(['a', 'b', 'c'].map((name) => `${name} rolled back: lost`));
    transaction.ensure();
    expect(transaction.active).to.equal(true);
  });
});
