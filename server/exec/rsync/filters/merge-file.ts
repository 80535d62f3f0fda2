/** A file of rules that is looked for in each directory (`:`, FILTRULE_PERDIR_MERGE). */
export interface MergeFile {
  readonly name: string;
  /** The directories below do not have its rules. */
  readonly noInherit: boolean;
  /** Its lines are words (`w`), and of CVS (`C`). */
  readonly words: boolean;
  readonly cvs: boolean;
  /** Its lines are patterns alone: excludes or includes. */
  readonly only: 'include' | 'exclude' | undefined;
  readonly side: 'sender' | 'receiver' | undefined;
  readonly perishable: boolean;
}
