import { expect } from 'chai';
import { Changes } from '../../../../vfs/middleware/cache/changes.ts';

describe('changes of what is cached', () => {
  it('what was looked at while something else changed is steady, what changed itself is not', async () => {
    const changes = new Changes();
    await changes.while(async ({ isSteady, hasEnded }) => {
      changes.begin(['a']);
      expect([isSteady('a'), isSteady('b'), hasEnded('a')]).to.deep.equal([false, true, false]);
      changes.end(['a']);
      expect([isSteady('a'), isSteady('b'), hasEnded('a')]).to.deep.equal([false, true, true]);
    });
    await changes.while(async ({ isSteady }) => expect(isSteady('a')).to.equal(true));
  });

  it('nothing is steady for who looks while all is forgotten', async () => {
    const changes = new Changes();
    await changes.while(async ({ isSteady, hasEnded }) => {
      changes.endAll();
      expect([isSteady('a'), hasEnded('a')]).to.deep.equal([false, true]);
    });
    await changes.while(async ({ isSteady }) => expect(isSteady('a')).to.equal(true));
  });

  it('remembers so many that ended while somebody looks on, and is sure of nothing after more', async () => {
    const changes = new Changes();
    await changes.while(async ({ isSteady }) => {
      for (let count = 0; count < 4096; count++) {
        changes.begin([`${count}`]);
        changes.end([`${count}`]);
      }
      expect([isSteady('a'), isSteady('0')]).to.deep.equal([true, false]);
      changes.begin(['one more']);
      changes.end(['one more']);
      expect([isSteady('a'), isSteady('0')]).to.deep.equal([false, false]);
    });
  });
});
