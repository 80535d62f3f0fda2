import { expect } from 'chai';
import * as fc from 'fast-check';
import { TextBuffer } from '../../../../server/exec/shell/worker/editor/text-buffer.ts';

describe("the editor's text", () => {
  it('is what the file holds, every line ended', () => {
    for (const [text, wanted] of [
      ['', ''],
      ['a', 'a\n'],
      ['a\n', 'a\n'],
      ['a\n\n', 'a\n\n'],
      ['\n', '\n'],
    ] as const) {
      expect(new TextBuffer(text).text).to.equal(wanted);
    }
  });

  it('takes text with newlines at any place', () => {
    const buffer = new TextBuffer('one\ntwo\n');
    buffer.moveTo(0, 1);
    buffer.insert('X\nY');
    expect(buffer.text).to.equal('oX\nYne\ntwo\n');
    expect(buffer.place).to.deep.equal({ row: 1, column: 1 });
  });

  it('joins lines with backspace and delete, and never cuts a character in two', () => {
    const buffer = new TextBuffer('a😀\nb');
    buffer.moveTo(0, 2);
    expect(buffer.place.column).to.equal(1);
    buffer.right();
    buffer.delete();
    expect(buffer.text).to.equal('a😀b\n');
    buffer.backspace();
    expect(buffer.text).to.equal('ab\n');
  });

  it('cuts lines, the last one too', () => {
    const buffer = new TextBuffer('a\nb');
    expect(buffer.cutLine()).to.equal('a\n');
    expect(buffer.cutLine()).to.equal('b\n');
    expect(buffer.cutLine()).to.equal('');
    expect(buffer.text).to.equal('');
  });

  it('finds on from the place and around the end, whatever the case', () => {
    const buffer = new TextBuffer('abc\nxABC\nabc');
    expect([buffer.find('abc'), buffer.place]).to.deep.equal([true, { row: 1, column: 1 }]);
    expect([buffer.find('abc'), buffer.place.row]).to.deep.equal([true, 2]);
    expect([buffer.find('abc'), buffer.place.row]).to.deep.equal([true, 0]);
    expect(buffer.find('nothing')).to.equal(false);
  });

  it('comes back step by step to what it was, and on again', () => {
    const steps = fc.array(
      fc.constantFrom('x', '\n', 'ü😀', 'back', 'delete', 'cut', 'left', 'right', 'home', 'down'),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(fc.string(), steps, (start, all) => {
        const buffer = new TextBuffer(start);
        const before = buffer.lines.join('\n');
        for (const step of all) {
          if (step === 'back') buffer.backspace();
          else if (step === 'delete') buffer.delete();
          else if (step === 'cut') buffer.cutLine();
          else if (step === 'left') buffer.left();
          else if (step === 'right') buffer.right();
          else if (step === 'home') buffer.moveTo(0, 0);
          else if (step === 'down') buffer.moveTo(buffer.place.row + 1, buffer.place.column);
          else buffer.insert(step);
          expect(buffer.place.row).to.be.within(0, buffer.lines.length - 1);
          expect(buffer.place.column).to.be.within(0, (buffer.lines[buffer.place.row] ?? '').length);
        }
        const after = buffer.lines.join('\n');
        while (buffer.undo());
        expect(buffer.lines.join('\n')).to.equal(before);
        while (buffer.redo());
        expect(buffer.lines.join('\n')).to.equal(after);
      }),
    );
  });
});
