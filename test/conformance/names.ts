import { expect } from 'chai';
import { refused } from './expectations.ts';
import { at, type Suite } from './suite.ts';

const NAMES: Readonly<Record<string, string>> = {
  'one byte': 'x',
  'spaces at its ends': ' a b ',
  'only a space': ' ',
  'a newline': 'two\nlines',
  'control characters': '\u0001\u001b[31m\u007f\t\r',
  quotes: `'"\`$;|&<>()*?[]{}!~#%`,
  'a backslash': 'back\\slash\\..\\..',
  'a leading dash': '-rf',
  'three dots': '...',
  'dots at its ends': '..a..',
  emoji: '😀👩‍👩‍👧',
  'right-to-left marks': '\u202egnp.exe',
  'a composed letter': '\u00e9',
  'a letter and its accent': 'e\u0301',
  'a byte order mark': '\ufeffbom',
  'the last code point': '\u{10ffff}\uffff\ufffe',
  'a byte that is not UTF-8': '\udcff',
  'bytes of a cut sequence': 'caf\udcc3',
  'an encoded surrogate': '\udced\udca0\udc80',
  'an overlong slash': '\udcc0\udcaf',
  '255 bytes': 'n'.repeat(255),
  '255 bytes in two-byte letters': `${'ä'.repeat(127)}x`,
  '255 bytes in emoji': `${'😀'.repeat(63)}abc`,
  '255 bytes that are no UTF-8': '\udc80'.repeat(255),
};

export function names(suite: Suite): void {
  describe('names', () => {
    for (const [what, name] of Object.entries(NAMES)) {
      it(`keeps a name of ${what}`, async () => {
        await suite.mkdir('/dir');
        await suite.put(`/dir/${name}`, 'content');
        expect(await suite.names('/dir')).to.deep.equal([name]);
        expect(await suite.text(`/dir/${name}`)).to.equal('content');
        await suite.mkdir(`/${name}`);
        await suite.backend.rename(at(`/dir/${name}`), at(`/${name}/${name}`), { replace: false }, {});
        expect(await suite.names(`/${name}`)).to.deep.equal([name]);
        const found = await suite.backend.resolve(at(`/${name}/../${name}/${name}`), 'follow', {});
        expect(found.path).to.equal(`/${name}/${name}`);
        await suite.backend.unlink(at(`/${name}/${name}`), {});
      });
    }

    it('all of them are different names in one directory', async () => {
      const all = Object.values(NAMES);
      for (const name of all)
        await suite.backend.open(at(`/${name}`), { access: 'w', create: 'exclusive' }, 0o644, {});
      expect(await suite.names('/', 3)).to.have.members(all);
    });

    it('two texts for the same bytes are one name', async () => {
      await suite.put('/ä', 'one');
      expect(await suite.text('/\udcc3\udca4')).to.equal('one');
      await refused(suite.open('/\udcc3\udca4', { create: 'exclusive' }), 'EEXIST');
      await suite.put('/\udcf0\udc9f\udc98\udc80', 'two');
      expect(await suite.names('/')).to.deep.equal(['ä', '😀']);
    });

    it('a name of 256 bytes is ENAMETOOLONG wherever it stands', async () => {
      await suite.put('/f', '');
      for (const long of ['n'.repeat(256), 'ä'.repeat(128), '\udcff'.repeat(256)]) {
        await refused(suite.open(`/${long}`, { create: 'exclusive' }), 'ENAMETOOLONG');
        await refused(suite.mkdir(`/${long}`), 'ENAMETOOLONG');
        await refused(suite.stat(`/${long}`), 'ENAMETOOLONG');
        await refused(suite.stat(`/${long}/x`), 'ENAMETOOLONG');
        await refused(suite.backend.rename(at('/f'), at(`/${long}`), { replace: true }, {}), 'ENAMETOOLONG');
        if (suite.can.hardLinks)
          await refused(suite.backend.link(at('/f'), at(`/${long}`), {}), 'ENAMETOOLONG');
        if (suite.can.symlinks) await refused(suite.backend.symlink('x', at(`/${long}`), {}), 'ENAMETOOLONG');
      }
      expect(await suite.names('/')).to.deep.equal(['f']);
    });

    it('a path of 4,096 bytes works, a longer one is ENAMETOOLONG', async () => {
      let path = '';
      for (let depth = 0; depth < 20; depth++) await suite.mkdir((path += `/${'d'.repeat(199)}`));
      const longest = `${path}/${'x'.repeat(4096 - path.length - 1)}`;
      await suite.put(longest, 'longest');
      expect(await suite.text(longest)).to.equal('longest');
      await refused(suite.open(`${longest}x`, { create: 'exclusive' }), 'ENAMETOOLONG');
      expect(await suite.names(path)).to.have.length(1);
    });

    it('text that stands for no bytes is EINVAL', async () => {
      await suite.put('/f', '');
      for (const bad of ['/\ud800', '/a\udc00b', '/\udc7f', '/\udbff/x']) {
        await refused(suite.open(bad, { create: 'exclusive' }), 'EINVAL');
        await refused(suite.backend.rename(at('/f'), at(bad), { replace: true }, {}), 'EINVAL');
        if (suite.can.symlinks) await refused(suite.backend.symlink(bad, at('/l'), {}), 'EINVAL');
      }
      expect(await suite.names('/')).to.deep.equal(['f']);
    });
  });
}
