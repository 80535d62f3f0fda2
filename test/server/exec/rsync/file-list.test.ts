import { expect } from 'chai';
import { FileList } from '../../../../server/exec/rsync/list/file-list.ts';
import { buffersInUse, heapInUse } from '../../../support/heap-in-use.ts';

const DIRECTORIES = 400;
const FILES = 500;
/** What the list of names may take of memory (docs/rsync.md, "Limits"). */
const BYTES_AN_ENTRY = 300;

describe("rsync's list of files", function () {
  this.timeout(60_000);

  it(`takes less than ${BYTES_AN_ENTRY} bytes an entry`, () => {
    const before = heapInUse() + buffersInUse();
    const list = new FileList();
    const common = {
      size: 4096,
      seconds: 1_700_000_000,
      nanoseconds: 1,
      uid: 1000,
      gid: 1000,
      flags: 0,
      group: -1,
      target: undefined,
      checksum: undefined,
    };
    for (let directory = 0; directory < DIRECTORIES; directory++) {
      const name = `projects/directory-${directory}`;
      list.add({ ...common, name, mode: 0o040755 });
      for (let file = 0; file < FILES; file++)
        list.add({ ...common, name: `${name}/a-name-of-the-usual-length-${file}.txt`, mode: 0o100644 });
    }
    const used = heapInUse() + buffersInUse() - before;
    expect(list.count).to.equal(DIRECTORIES * (FILES + 1));
    expect(used / list.count).to.be.within(30, BYTES_AN_ENTRY);
  });
});
