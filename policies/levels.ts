/** What a stack must reach before it is deployed. */
export type Level = {
  /** The least score. */
  minimum: number;
  /** Whether a failure of this check or rule stops the stack. */
  gates: (rule: string) => boolean;
  /** Whether its vault must be locked: that cannot be taken back, so it is asked of production alone. */
  lockedVault: boolean;
  /** Whether its data must outlive a mistake; a stack of one's own is made and thrown away. */
  keepsData: boolean;
};

/** The two that no stack may fail, and that no exemption lifts. */
export const mandatory: readonly string[] = ["secrets-management", "authentication"];

const everything = () => true;

const levels: Readonly<Record<string, Level>> = {
  prod: { minimum: 90, gates: everything, lockedVault: true, keepsData: true },
  staging: { minimum: 70, gates: everything, lockedVault: false, keepsData: true },
};

/** A stack that is neither, `local` among them, is somebody's own. */
const own: Level = { minimum: 0, gates: (rule) => mandatory.includes(rule), lockedVault: false, keepsData: false };

export const levelOf = (stack: string): Level => levels[stack] ?? own;
