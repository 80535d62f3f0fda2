import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXACT_VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

// The brackets keep these from matching their own text.
const FORBIDDEN: Readonly<Record<string, RegExp>> = {
  'the host of a package registry':
    /registry[.](npmjs|yarnpkg)|[^@\w]npmjs[.](org|com)|deb[.]debian[.]org|pypi[.]org/,
  'a path of one machine':
    /[/]work[/](main|shared|[.])|[/]tmp[/]w[/]|[/]root[/][.]|[/]home[/]\w+[/][.](npm|ssh)[/]/,
};

interface LockEntry {
  readonly optionalDependencies?: Record<string, string>;
}

describe('the repository', () => {
  const files = trackedFiles();

  for (const [what, pattern] of Object.entries(FORBIDDEN)) {
    it(`names ${what} nowhere`, () => {
      expect(files.filter((file) => pattern.test(read(file)))).to.deep.equal([]);
    });
  }

  it('has a lock file without addresses, so that any registry can serve it', () => {
    expect(read('package-lock.json')).not.to.match(/"resolved"/);
  });

  it('has a lock file with an entry for every optional dependency, since npm ci wants one where no platform needs it', () => {
    // A registry may serve the builds of its own platform only; npm install then leaves the others out of the file.
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockEntry> };
    const names = new Set(Object.keys(packages).map((place) => place.replace(/^.*node_modules\//, '')));
    const wanted = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(wanted.filter((name) => !names.has(name))).to.deep.equal([]);
    expect(wanted).not.to.have.lengthOf(0);
  });

  it('names the exact version of every dependency', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string> | undefined>;
    const wanted = {
      ...manifest['dependencies'],
      ...manifest['devDependencies'],
      ...manifest['optionalDependencies'],
    };
    expect(Object.entries(wanted).filter(([, version]) => !EXACT_VERSION.test(version))).to.deep.equal([]);
    expect(wanted).to.include.keys('better-sqlite3', 'ssh2');
  });

  it('has no test that keeps others from running', () => {
    const alone = /\b(describe|context|it|specify)\.only\(/;
    expect(testFiles(files).filter((file) => alone.test(read(file)))).to.deep.equal([]);
  });

  it('has no test that is switched off without a reason', () => {
    const off = /\b(describe|context|it|specify)\.skip\(|\bx(it|describe|context)\(/;
    expect(testFiles(files).filter((file) => off.test(read(file)))).to.deep.equal([]);
  });
});

function trackedFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' });
  const files = listed.split('\0').filter((file) => file !== '' && existsSync(`${ROOT}${file}`));
  expect(files).to.include('package.json');
  return files;
}

function testFiles(files: readonly string[]): string[] {
  return files.filter((file) => file.endsWith('.test.ts'));
}

function read(file: string): string {
  return readFileSync(`${ROOT}${file}`, 'utf8');
}
