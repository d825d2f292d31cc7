import type { Target } from "../../ecosystem/targets.ts";
import { projectFolder } from "../paths.ts";
import { stackOption, targetOption } from "../stack-option.ts";
import { verb } from "../verb.ts";
import { byOption, releaseOption, type VouchedFlags, voucherOf } from "./options.ts";

type AuditFlags = VouchedFlags & { target?: Target; offline?: boolean };

export const audit = verb<AuditFlags>(
  "audit",
  "audit a release for known vulnerabilities and insecure settings, and record the result",
  "npx maha evidence audit --stack prod",
  async (_, { offline = false, ...flags }, io) => {
    const { auditRelease } = await import("../../readiness/evidence.ts");
    const { file, evidence, findings, passed } = await auditRelease(
      projectFolder(),
      { ...flags, by: voucherOf(flags), offline },
      new Date(),
    );
    for (const { severity, id, where } of findings) io.say(`${severity.padEnd(8)} ${id}: ${where}`);
    io.say(`${file}: recorded. Commit it with the release`);
    io.print(evidence);
    return passed ? 0 : 1;
  },
)
  .addOption(stackOption())
  .addOption(targetOption())
  .addOption(releaseOption())
  .addOption(byOption())
  .option("--offline", "use the copy of the vulnerability database on this machine");
