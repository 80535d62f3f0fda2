import { expect } from 'chai';
import {
  compileProgram,
  readDocumentedProgram,
  runDocumented,
  writeProgram,
} from '../support/documented-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('docs/writing-a-layer.md', function () {
  this.timeout(60_000);
  const directory = temporaryDirectory();
  const program = readDocumentedProgram('writing-a-layer.md');

  it('shows two layers and a program', () => {
    expect([...program.files.keys()]).to.deep.equal(['office-hours.ts', 'trash.ts', 'program.ts']);
  });

  it('compiles as it stands there', () => {
    writeProgram(program, directory());
    expect(compileProgram(directory())).to.equal('');
  });

  it('prints what it says', () => {
    writeProgram(program, directory());
    expect(runDocumented(directory(), 'program.ts')).to.equal(program.output);
  });
});
