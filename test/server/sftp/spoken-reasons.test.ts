import { expect } from 'chai';
import { spokenReasons } from '../../../server/sftp/spoken-reasons.ts';
import { VfsError } from '../../../vfs/errors.ts';

describe('reasons that are said beside the status', () => {
  function listen() {
    const said: string[] = [];
    const clock = { now: 0 };
    const tell = spokenReasons(
      (line) => said.push(line),
      () => clock.now,
    );
    return { said, clock, tell };
  }

  it('are those that no status code says', () => {
    const { said, tell } = listen();
    tell(new VfsError('ENOENT'));
    tell(new VfsError('EACCES'));
    tell(new VfsError('EDQUOT', { detail: 'quota exceeded: 4 MiB used of 4 MiB' }));
    expect(said).to.deep.equal(['quota exceeded: 4 MiB used of 4 MiB']);
  });

  it('are said once for all requests in flight, and again for a later attempt', () => {
    const { said, clock, tell } = listen();
    for (let request = 0; request < 64; request++) tell(new VfsError('ENOSPC'));
    clock.now = 5000;
    tell(new VfsError('ENOSPC'));
    expect(said).to.have.lengthOf(2);
  });

  it('name no path and no operation', () => {
    const { said, tell } = listen();
    tell(new VfsError('ENOSPC', { op: 'write', path: '/secret' }));
    expect(said).to.deep.equal(['no space left on device']);
  });
});
