import { expect } from 'chai';
import {
  compileProgram,
  readDocumentedProgram,
  runDocumented,
  writeProgram,
} from '../support/documented-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('the program in the README', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();
  const program = readDocumentedProgram('README.md');

  it('compiles, and prints what it says', () => {
    writeProgram(program, directory());
    expect(compileProgram(directory())).to.equal('');
    expect(runDocumented(directory(), 'program.ts', directory())).to.equal(program.output);
  });
});
