import { EventEmitter } from 'node:events';
import { expect } from 'chai';
import { firstSignal } from '../../cli/signals.ts';

describe('requests to end', () => {
  function stage() {
    const exits: number[] = [];
    const target = Object.assign(new EventEmitter(), { exit: (code: number) => exits.push(code) });
    const clock = { now: 0 };
    return { exits, target, clock, signal: firstSignal(target, () => clock.now) };
  }

  it('abort at the first signal, which is the reason', () => {
    const { exits, target, signal } = stage();
    expect(signal.aborted).to.equal(false);
    target.emit('SIGTERM');
    expect((signal.reason as Error).message).to.equal('interrupted by SIGTERM');
    expect(exits).to.deep.equal([]);
  });

  it('are one request when they come together, as from a terminal and through npm', () => {
    const { exits, target, clock } = stage();
    target.emit('SIGINT');
    clock.now = 400;
    target.emit('SIGINT');
    expect(exits).to.deep.equal([]);
  });

  it('end the process at the second one, with the code that shells expect', () => {
    const { exits, target, clock } = stage();
    target.emit('SIGINT');
    clock.now = 600;
    target.emit('SIGINT');
    clock.now = 700;
    target.emit('SIGTERM');
    expect(exits).to.deep.equal([130, 143]);
  });
});
