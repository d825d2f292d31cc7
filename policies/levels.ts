/** The requirements for deploying a stack. */
export type Level = {
  /** The lowest score. */
  minimum: number;
  /** Whether a failure of this check or rule stops the stack. */
  gates: (rule: string) => boolean;
  /** Whether its vault must be locked; that is irreversible, so only production requires it. */
  lockedVault: boolean;
  /** Whether its data must survive a mistake; a personal stack is disposable. */
  keepsData: boolean;
};

/** The two checks that no stack may fail and that cannot be exempted. */
export const mandatory: readonly string[] = ["secrets-management", "authentication"];

const everything = () => true;

const levels: Readonly<Record<string, Level>> = {
  prod: { minimum: 90, gates: everything, lockedVault: true, keepsData: true },
  staging: { minimum: 70, gates: everything, lockedVault: false, keepsData: true },
};

/** Every other stack, such as `local`, is personal and disposable. */
const personal: Level = { minimum: 0, gates: (rule) => mandatory.includes(rule), lockedVault: false, keepsData: false };

export const levelOf = (stack: string): Level => levels[stack] ?? personal;
