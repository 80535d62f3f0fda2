import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  compileProgram,
  documentedEnvironment,
  readDocumentedProgram,
  runDocumented,
  writeProgram,
} from '../support/documented-program.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const MOCHA = join(createRequire(import.meta.url).resolve('mocha/package.json'), '..', 'bin', 'mocha.js');
/** Far fewer would mean that sections of the suite are left out. */
const TESTS_MIN = 150;

describe('docs/writing-a-backend.md', function () {
  this.timeout(120_000);
  const directory = temporaryDirectory();
  const program = readDocumentedProgram('writing-a-backend.md');

  it('shows a backend, a program and its test', () => {
    expect([...program.files.keys()]).to.deep.equal([
      'nodes.ts',
      'operations.ts',
      'map-backend.ts',
      'program.ts',
      'map-backend.test.ts',
    ]);
  });

  it('compiles as it stands there', () => {
    writeProgram(program, directory());
    expect(compileProgram(directory())).to.equal('');
  });

  it('prints what it says', () => {
    writeProgram(program, directory());
    expect(runDocumented(directory(), 'program.ts')).to.equal(program.output);
  });

  it('shows a backend that passes the conformance suite', () => {
    writeProgram(program, directory());
    const spec = join(directory(), 'map-backend.test.ts');
    const args = ['--import', 'tsx', MOCHA, '--no-config', '--reporter', 'json', '--timeout', '60000', spec];
    const { stdout, stderr } = spawnSync(process.execPath, args, {
      ...documentedEnvironment(directory()),
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const report = JSON.parse(stdout.slice(stdout.indexOf('{')) || `{ "stats": "${stderr}" }`) as {
      readonly stats: { readonly passes: number; readonly pending: number };
      readonly failures: readonly {
        readonly fullTitle: string;
        readonly err: { readonly message: string };
      }[];
    };
    expect(report.failures.map(({ fullTitle, err }) => `${fullTitle}: ${err.message}`)).to.deep.equal([]);
    expect(report.stats.pending).to.equal(0);
    expect(report.stats.passes).to.be.above(TESTS_MIN);
  });
});
