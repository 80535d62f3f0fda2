/** What `-C` leaves out everywhere (default_cvsignore, exclude.c). */
const CVS_IGNORED =
  'RCS SCCS CVS CVS.adm RCSLOG cvslog.* tags TAGS .make.state .nse_depinfo *~ #* .#* ,* _$* *$ *.old *.bak *.BAK ' +
  '*.orig *.rej .del-* *.a *.olb *.o *.obj *.so *.exe *.Z *.elc *.ln core .svn/ .git/ .hg/ .bzr/';

/** The rules that a sender adds for `-C`: the per-directory files, then the built-in list. */
export function cvsRules(protocol: number): string[] {
  const modifiers = protocol >= 30 ? 'p' : '';
  const ignored = CVS_IGNORED.split(' ');
  if (protocol < 29) return ignored.map((pattern) => `- ${pattern}`);
  return [':C .cvsignore', ...ignored.map((pattern) => `-${modifiers} ${pattern}`)];
}
