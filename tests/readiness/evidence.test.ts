import { describe, expect, test } from "vitest";
import { EvidenceError } from "../../policies/evidence/evidence.ts";
import { ReadinessError } from "../../readiness/error.ts";
import { listEvidence, recordEvidence } from "../../readiness/evidence.ts";
import { subjectOf } from "../../readiness/subject.ts";
import { proving } from "../policies/fixtures.ts";
import { project } from "../policies/project.ts";

const now = new Date("2027-02-01T12:00:00Z");
const hours = (count: number) => new Date(now.getTime() + count * 3_600_000);
const backup = { stack: "prod", kind: "backup", digests: {}, date: now, by: "tests", result: proving.backup };

describe("evidence", () => {
  test("is recorded for the release that the settings name, about all of its images where none is named", async () => {
    const { folder } = await project();
    const { file, evidence } = recordEvidence(folder, backup, now);
    const { release, digests } = subjectOf(folder, { stack: "prod" });
    expect(file).toBe(`releases/prod/${release}.evidence/backup.json`);
    expect(evidence).toMatchObject({ kind: "backup", stack: "prod", release, digests, by: "tests" });
  });

  test("is listed with the objection to it: its age, its own result, or an unreadable file", async () => {
    const { folder, write } = await project();
    const reference = { stack: "prod" };
    expect(listEvidence(folder, reference, now).listed).toEqual([]);
    const { file } = recordEvidence(folder, backup, now);
    const drill = { ...(proving["restore-drill"] as object), matches: false };
    recordEvidence(folder, { ...backup, kind: "restore-drill", result: drill }, now);
    await write(file.replace("backup.json", "pager.json"), "not JSON");
    const objections = (at: Date) =>
      Object.fromEntries(
        listEvidence(folder, reference, at).listed.map(({ file, objection }) => [file.split("/").at(-1), objection]),
      );
    expect(objections(now)).toEqual({
      "backup.json": undefined,
      "pager.json": "cannot be read",
      "restore-drill.json": expect.stringContaining("restore"),
    });
    expect(objections(hours(25))["backup.json"]).toMatch(/older than 24 h/);
  });

  test("of an unknown kind, or for a release that does not exist, is refused", async () => {
    const { folder, edit } = await project();
    expect(() => recordEvidence(folder, { ...backup, kind: "hearsay" }, now)).toThrow(ReadinessError);
    expect(() => recordEvidence(folder, { ...backup, date: hours(1) }, now)).toThrow(EvidenceError);
    await edit("Pulumi.prod.yaml", (text) => text.replace(/^ *mahavishnu:(stable|candidate):.*\n/gm, ""));
    expect(() => recordEvidence(folder, backup, now)).toThrow(/names no release.*npx maha release new --stack prod/);
  });
});
