import { userInfo } from "node:os";
import { Option } from "commander";

/** Which release a verb is about, and who vouches for what it records. */
export type ReleaseFlags = { stack: string; release?: string };
export type VouchedFlags = ReleaseFlags & { by?: string };

export const releaseOption = (): Option =>
  new Option("--release <name>", "the release (default: the stack's candidate, else its stable)");

export const byOption = (): Option => new Option("--by <name>", "who vouches for it (default: your user name)");

/** The name that `--by` gives; a user without one on this machine must give it. */
export const voucherOf = ({ by }: VouchedFlags): string => by ?? userInfo().username;
