import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../../config/config-error.ts';
import { loadConfig, type ConfigSources } from '../../config/load.ts';
import { SETTING_NAMES, SETTINGS } from '../../config/settings.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

describe('the configuration', () => {
  const temporary = temporaryDirectory();
  const file = (): string => join(temporary(), 'anyfs.yaml');

  function load(sources: Partial<ConfigSources> = {}) {
    return loadConfig({ flags: {}, env: {}, cwd: '/', data: temporary(), ...sources });
  }

  function refusal(sources: Partial<ConfigSources>): string {
    try {
      load(sources);
    } catch (error) {
      expect(error).to.be.instanceOf(ConfigError);
      return (error as ConfigError).message;
    }
    throw new Error('it was accepted');
  }

  function refusalOfFile(text: string): string {
    writeFileSync(file(), text);
    return refusal({}).replace(temporary(), 'DATA');
  }

  it('has a default for everything', () => {
    const { config, warnings } = load();
    expect(config).to.deep.equal({
      data: temporary(),
      listen: [{ host: '127.0.0.1', port: 2022 }],
      workers: availableParallelism(),
      logFormat: 'text',
      logLevel: 'info',
      banner: undefined,
      umask: 0o022,
      durability: 'process',
      loginGraceSeconds: 30,
      authAttempts: 6,
      maxStartups: 100,
      sessionsPerAccount: 100,
      channelsPerConnection: 10,
      handlesPerSession: 1024,
      shellsPerAccount: 10,
      maxShells: 100,
      keepAliveSeconds: 30,
      keepAliveCount: 4,
      storageIdleSeconds: 30,
      storageWorkers: 0,
      maxOpenStorages: 256,
    });
    expect(warnings).to.deep.equal([]);
  });

  it('is taken from flags before variables before the file before the defaults', () => {
    writeFileSync(file(), 'auth-attempts: 3\nlog-level: warn\numask: 027\n');
    const env = { ANYFS_AUTH_ATTEMPTS: '4', ANYFS_LOG_LEVEL: 'error' };
    const { config } = load({ env, flags: { authAttempts: ['5'] } });
    expect(config).to.include({ authAttempts: 5, logLevel: 'error', umask: 0o027, logFormat: 'text' });
  });

  it('finds the data directory by the flag, then the variable, then beside the caller', () => {
    const env = { ANYFS_DATA: 'from-env' };
    expect(load({ env, data: 'from-flag' }).config.data).to.equal('/from-flag');
    expect(load({ env, data: undefined }).config.data).to.equal('/from-env');
    expect(load({ env: { ANYFS_DATA: '' }, data: undefined }).config.data).to.equal('/anyfs-data');
  });

  it('takes a number of workers, or the word for one a core', () => {
    expect(load({ flags: { workers: ['3'] } }).config.workers).to.equal(3);
    expect(load({ flags: { workers: ['cores'] } }).config.workers).to.equal(availableParallelism());
    for (const text of ['0', '65', 'core', '']) {
      expect(refusal({ flags: { workers: [text] } })).to.match(/^--workers: must be a whole number/);
    }
  });

  it('takes lists: from repeated flags, with commas from a variable, and from a list in the file', () => {
    const both = [
      { host: '127.0.0.1', port: 22 },
      { host: '::1', port: 2022 },
    ];
    expect(load({ flags: { listen: ['127.0.0.1:22', '[::1]:2022'] } }).config.listen).to.deep.equal(both);
    expect(load({ env: { ANYFS_LISTEN: '127.0.0.1:22,[::1]:2022' } }).config.listen).to.deep.equal(both);
    writeFileSync(file(), 'listen:\n  - 127.0.0.1:22\n  - "[::1]:2022"\n');
    expect(load().config.listen).to.deep.equal(both);
  });

  it('reads the file as text: octal, quotes, blocks, comments', () => {
    writeFileSync(file(), '# hello\numask: 077 # octal\nbanner: |\n  Hello\n  there\nlisten: ":2022"\n');
    expect(load().config).to.deep.include({
      umask: 0o077,
      banner: 'Hello\nthere\n',
      listen: [{ host: '', port: 2022 }],
    });
  });

  it('says nothing where the file or a variable is empty', () => {
    writeFileSync(file(), '# nothing\n');
    expect(load({ env: { ANYFS_UMASK: '' } }).config.umask).to.equal(0o022);
  });

  it('names the source of a value that cannot be used', () => {
    expect(refusal({ flags: { umask: ['9'] } })).to.equal('--umask: must be octal, like 022');
    expect(refusal({ flags: { logFormat: ['text', 'json'] } })).to.equal(
      '--log-format: is given more than once',
    );
    expect(refusal({ env: { ANYFS_AUTH_ATTEMPTS: '0' } })).to.equal(
      'ANYFS_AUTH_ATTEMPTS: must be a whole number from 1 to 100',
    );
    expect(refusal({ env: { ANYFS_KEEP_ALIVE_SECONDS: '1e3' } })).to.match(/whole number from 0 to 86400/);
    expect(refusalOfFile('\nlog-format: yaml')).to.equal(
      'DATA/anyfs.yaml, line 2: log-format: must be text or json',
    );
    expect(refusalOfFile('listen: [2022]')).to.match(
      /line 1: listen: "2022" is not an address; write 127\.0\.0\.1:2022/,
    );
    expect(refusalOfFile('listen: []')).to.match(/line 1: listen: must have an address/);
  });

  it('names an unknown key of the file and the nearest setting', () => {
    expect(refusalOfFile('lisen: ":1"')).to.equal(
      'DATA/anyfs.yaml, line 1: there is no setting "lisen"; did you mean "listen"?',
    );
    expect(refusalOfFile('\nlogFormat: json')).to.match(/line 2: .*did you mean "log-format"\?/);
    expect(refusalOfFile('colour: red')).to.equal('DATA/anyfs.yaml, line 1: there is no setting "colour"');
    expect(refusalOfFile('data: /x')).to.match(/"data" cannot be set/);
  });

  it('refuses a file that is no map of plain values, with the line', () => {
    expect(refusalOfFile('umask: 022\numask: 027')).to.match(/line 2: Map keys must be unique$/);
    expect(refusalOfFile('- umask')).to.match(/must hold lines like/);
    expect(refusalOfFile('umask: { a: b }')).to.match(/line 1: umask must be a plain value/);
    expect(refusalOfFile('umask: [[022]]')).to.match(/plain value/);
    expect(refusalOfFile('? [a]\n: b')).to.match(/no setting/);
    expect(refusalOfFile('a: "b')).to.match(/line \d: /);
    expect(refusalOfFile('banner: |\n' + ' x\n'.repeat(400_000))).to.match(/larger than 1 MiB/);
  });

  it('warns of ANYFS_ variables that are no settings', () => {
    const env = { ANYFS_LOGFORMAT: 'json', ANYFS_SERVICE_HOST: '10.0.0.1', OTHER: 'x' };
    expect(load({ env }).warnings).to.deep.equal([
      'ANYFS_LOGFORMAT is no setting and is ignored; did you mean "ANYFS_LOG_FORMAT"?',
      'ANYFS_SERVICE_HOST is no setting and is ignored',
    ]);
  });

  it('names each setting once, as its field is named', () => {
    for (const name of SETTING_NAMES) {
      expect(SETTINGS[name].key).to.equal(name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
    }
  });
});
