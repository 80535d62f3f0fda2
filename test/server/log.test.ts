import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { createLogger, withFields, type LoggerOptions } from '../../server/log.ts';

const now = (): Date => new Date('2026-11-23T07:01:02.345Z');

function linesOf(
  options: Omit<LoggerOptions, 'stream' | 'now'>,
  write: (log: ReturnType<typeof createLogger>) => void,
): string[] {
  const stream = new PassThrough();
  write(createLogger({ ...options, stream, now }));
  const text = String(stream.read() ?? '');
  return text.split('\n').slice(0, -1);
}

describe('the log', () => {
  it('is one line an entry in text, with its fields behind the message', () => {
    const lines = linesOf({ format: 'text', level: 'info' }, (log) => {
      log.info('alice logged in', {
        connection: 'c1',
        method: 'publickey ssh-ed25519',
        port: 4022,
        none: undefined,
      });
      log.warn('plain');
    });
    expect(lines).to.deep.equal([
      '2026-11-23T07:01:02.345Z info  alice logged in  connection=c1 method="publickey ssh-ed25519" port=4022',
      '2026-11-23T07:01:02.345Z warn  plain',
    ]);
  });

  it('is an object a line in JSON, whose time, level and message no field can replace', () => {
    const lines = linesOf({ format: 'json', level: 'info' }, (log) =>
      log.info('in', { user: 'alice', level: 'odd' }),
    );
    expect(lines.map((line) => JSON.parse(line) as unknown)).to.deep.equal([
      { time: '2026-11-23T07:01:02.345Z', level: 'info', message: 'in', user: 'alice' },
    ]);
  });

  for (const format of ['text', 'json'] as const) {
    it(`shows controls, line breaks, marks of direction and bytes that are no text escaped in ${format}`, () => {
      const nasty = 'a\nb\u001b[31m\u007f\u009b\u202e\u2028\udcffc';
      const [line = '', ...others] = linesOf({ format, level: 'info' }, (log) =>
        log.info(nasty, { user: nasty }),
      );
      expect(others).to.deep.equal([]);
      expect(line).to.match(
        /a\\{1,2}nb\\{1,2}x1b\[31m\\{1,2}x7f\\{1,2}x9b\\{1,2}u202e\\{1,2}u2028\\{1,2}xffc/,
      );
      expect(line).not.to.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    });
  }

  it('says why an error came about, and where in JSON', () => {
    const error = new Error('cannot open', { cause: new Error('no such file') });
    const write = (log: ReturnType<typeof createLogger>): void => log.error('failed', { error });
    expect(linesOf({ format: 'text', level: 'info' }, write)[0]).to.contain(
      'error="cannot open: no such file"',
    );
    const [json = ''] = linesOf({ format: 'json', level: 'info' }, write);
    const entry = JSON.parse(json) as {
      error: { message: string; stack: string[]; cause: { message: string } };
    };
    expect(entry.error.message).to.equal('cannot open');
    expect(entry.error.stack.join()).to.contain('log.test.ts');
    expect(entry.error.cause.message).to.equal('no such file');
  });

  it('leaves out what is below its level and says whether anyone reads debug lines', () => {
    const lines = linesOf({ format: 'text', level: 'warn' }, (log) => {
      for (const level of ['error', 'warn', 'info', 'debug'] as const) log[level](level);
    });
    expect(lines.map((line) => line.split(' ')[1])).to.deep.equal(['error', 'warn']);
    expect(createLogger({ format: 'text', level: 'info' }).debugging).to.equal(false);
    expect(createLogger({ format: 'text', level: 'debug' }).debugging).to.equal(true);
  });

  it('survives fields that JSON does not know', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    for (const format of ['text', 'json'] as const) {
      const lines = linesOf({ format, level: 'info' }, (log) => {
        log.info('big', { n: 10n });
        log.info('round', { circle });
      });
      expect(lines[0]).to.contain('10');
      expect(lines[1]).to.contain('round');
    }
  });

  it('adds the fields of its connection to every line', () => {
    const lines = linesOf({ format: 'json', level: 'debug' }, (log) => {
      withFields(withFields(log, { connection: 'c7' }), { session: 's1' }).debug('x', { more: true });
    });
    expect(JSON.parse(lines[0] ?? '')).to.include({ connection: 'c7', session: 's1', more: true });
  });
});
