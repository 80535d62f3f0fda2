import { expect } from 'chai';
import Database from 'better-sqlite3';
import { Transaction, type Keeper, type Participant } from '../../../../vfs/backends/sqlite/transaction.ts';

describe('the transaction of a store', () => {
  let db: Database.Database;
  let transaction: Transaction;
  let heard: string[];
  /** Numbers inserted since the last `keep`, and those that were kept; absent: nothing is kept. */
  let pending: number[];
  let kept: number[] | undefined;

  const newKeeper = (): { -readonly [K in keyof Keeper]: Keeper[K] } => ({
    get areCommitted() {
      return (kept?.length ?? 0) === 0;
    },
    keep: () => {
      kept?.push(...pending.splice(0));
      return kept !== undefined;
    },
    commitBy: (commit) => {
      commit();
      pending = [];
      if (kept !== undefined) kept = [];
    },
    undone: () => void (pending = []),
    remake: () => {
      for (const number of kept ?? []) db.prepare('INSERT INTO t VALUES(?)').run(number);
    },
  });
  let keeper: ReturnType<typeof newKeeper>;

  beforeEach(() => {
    db = new Database(':memory:');
    db.exec('CREATE TABLE t(a INTEGER PRIMARY KEY)');
    keeper = newKeeper();
    transaction = new Transaction(db, keeper);
    heard = [];
    pending = [];
    kept = undefined;
  });

  afterEach(() => db.close());

  const insert = (number: number, how = ''): void => {
    db.prepare(`INSERT ${how} INTO t VALUES(?)`).run(number);
    pending.push(number);
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

  describe('with changes that are kept', () => {
    beforeEach(() => {
      kept = [];
      transaction.join(listener('a'));
    });

    const group = (...them: number[]): void => {
      transaction.ensure();
      for (const number of them) insert(number);
    };

    it('ends a group without a commit, and tells all as if it were one', () => {
      group(1);
      expect(transaction.keep()).to.equal(false);
      expect(heard).to.deep.equal(['a begun', 'a before', 'a committed']);
      expect([transaction.active, transaction.isUncommitted, db.inTransaction]).to.deep.equal([
        false,
        true,
        true,
      ]);
      expect(transaction.keep(), 'nothing is left to keep').to.equal(false);
      expect(heard).to.have.length(3);
    });

    it('commits several groups at once', () => {
      group(1);
      transaction.keep();
      group(2);
      transaction.keep();
      transaction.commit();
      expect([transaction.isUncommitted, db.inTransaction]).to.deep.equal([false, false]);
      expect(kept).to.deep.equal([]);
      expect(numbers()).to.deep.equal([1, 2]);
    });

    it('commits at once what cannot be kept, with what was kept before', () => {
      group(1);
      transaction.keep();
      keeper.keep = () => false;
      group(2);
      expect(transaction.keep()).to.equal(true);
      expect(db.inTransaction).to.equal(false);
      expect(numbers()).to.deep.equal([1, 2]);
    });

    it('undoes no more than the group that is open', () => {
      group(1);
      transaction.keep();
      group(2, 3);
      transaction.rollback('for a test');
      expect(numbers()).to.deep.equal([1]);
      expect(transaction.isUncommitted).to.equal(true);
      transaction.rollback('nothing is open');
      expect(heard.filter((line) => line.includes('rolled back'))).to.have.length(1);
      transaction.commit();
      expect(numbers()).to.deep.equal([1]);
    });

    it('makes again what was kept where SQLite ends the transaction by itself, a group being open or not', () => {
      group(1);
      transaction.keep();
      expect(() => insert(1, 'OR ROLLBACK')).to.throw('UNIQUE');
      expect(transaction.endedBySqlite).to.equal(true);
      expect(numbers()).to.deep.equal([]);
      transaction.rollback('ended');
      expect(numbers()).to.deep.equal([1]);
      expect(transaction.endedBySqlite).to.equal(false);
    });

    it('makes again what was kept where its commit fails', () => {
      group(1);
      transaction.keep();
      keeper.commitBy = () => {
        throw new Error('no room');
      };
      expect(() => transaction.commit()).to.throw('no room');
      transaction.rollback('no room');
      expect(numbers()).to.deep.equal([1]);
      expect(transaction.isUncommitted).to.equal(true);
    });
  });
});
