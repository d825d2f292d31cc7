import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { root } from "../fixtures/releases.ts";

const targets = ["cloud-run", "compose", "kubernetes"] as const;
type Target = (typeof targets)[number];
type Finding = { verdict: string; resource: string; reason: string };
type Look = {
  graphs: Record<Target, { resources: unknown[]; outputs: { revisions: Record<string, { stable: string }> } }>;
  checks: Record<Target, { name: string; findings: Finding[] }[]>;
  compose: string;
  manifests: string;
};

const folder = mkdtempSync(join(tmpdir(), "maha-tree-"));
const at = (path: string) => join(folder, path);
const run = (...args: string[]) =>
  execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8", maxBuffer: 2 ** 28, stdio: "pipe" });
const look = (...how: "all"[]) => JSON.parse(run(join(root, "tests/fixtures/tree/look.js"), ...how)) as Look;

/** All files of the tree by their content, but for what a stack keeps of its own. */
const files = () =>
  new Map(
    globSync("**/*", { cwd: folder, withFileTypes: true, exclude: ["node_modules", "releases"] })
      .filter((entry) => entry.isFile() && !/^Pulumi\..*\.yaml$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")]),
  );

const settings = readFileSync(join(root, "Pulumi.prod.yaml"), "utf8");
const promotes = (candidate?: string) =>
  writeFileSync(
    at("Pulumi.prod.yaml"),
    candidate ? settings.replace(/(mahavishnu:stable: r1\n)/, `$1  mahavishnu:candidate: ${candidate}\n`) : settings,
  );

function addCrackerjack(): void {
  cpSync(join(root, "tests/fixtures/tree/crackerjack.service"), at("ecosystem/services/crackerjack.ts"));
  mkdirSync(at("images/crackerjack"));
  writeFileSync(at("images/crackerjack/Dockerfile"), "FROM scratch\n");
}

function takeCrackerjackAway(): void {
  rmSync(at("ecosystem/services/crackerjack.ts"));
  rmSync(at("images/crackerjack"), { recursive: true });
}

/** Another way to run akosha in every respect that a release freezes. */
const changed = (service: string) =>
  service
    .replaceAll("8682", "8699")
    .replaceAll("/healthz", "/live")
    .replaceAll("/metrics", "/series")
    .replaceAll('"/mcp"', '"/other"')
    .replace("internet: false", "internet: true")
    .replace("stopSeconds: 10", "stopSeconds: 99")
    .replace("peers: {}", 'peers: { AKOSHA_PEER: { service: "session-buddy", part: "url" } }')
    .replace('scratch: ["/tmp"]', 'scratch: ["/tmp", "/more"]')
    .replace("files: {}", 'files: { "/app/more.yaml": "more" }')
    .replace('data: "database"', 'data: "volume"')
    .replace('path: "/data"', 'path: "/elsewhere"')
    .replaceAll("akosha-database-password", "another-password")
    .replaceAll("memoryMi: 2048", "memoryMi: 4096");

/** The addresses of a stack's containers on its Docker host, by the revision that they run or their own name. */
const addresses = ({ compose }: Look): Record<string, string> =>
  Object.fromEntries(
    Object.entries(
      (parse(compose) as { services: Record<string, { networks?: { inside: { ipv4_address: string } } }> }).services,
    ).flatMap(([key, { networks }]) => (networks ? [[key, networks.inside.ipv4_address]] : [])),
  );

describe("an additional service", { timeout: 120_000 }, () => {
  const touched: string[] = [];
  const seen = {} as Record<"before" | "added" | "candidate" | "gone" | "after", Look>;

  beforeAll(() => {
    for (const part of readdirOf(root)) cpSync(join(root, part), at(part), { recursive: true });
    symlinkSync(join(root, "node_modules"), at("node_modules"));
    seen.before = look("all");
    const before = files();

    addCrackerjack();
    touched.push(...[...files()].filter(([path, content]) => before.get(path) !== content).map(([path]) => path));
    const akosha = readFileSync(at("ecosystem/services/akosha.ts"), "utf8");
    writeFileSync(at("ecosystem/services/akosha.ts"), changed(akosha));
    seen.added = look();
    writeFileSync(at("ecosystem/services/akosha.ts"), akosha);

    const { revisions } = JSON.parse(readFileSync(at("releases/prod/r1.json"), "utf8"));
    const same = revisions.compose.flatMap(({ service, image }: Record<string, string>) => [
      "--image",
      `${service}=${image}`,
    ]);
    run("cli/maha.ts", "release", "new", "--stack", "prod", "--name", "r2", "--unpublished", ...same);
    promotes("r2");
    seen.candidate = look("all");

    takeCrackerjackAway();
    seen.gone = look();
    promotes();
    rmSync(at("releases/prod/r2.json"));
    seen.after = look();
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("is one file and its image", () => {
    expect(touched.sort()).toEqual(["ecosystem/services/crackerjack.ts", "images/crackerjack/Dockerfile"]);
  });

  test.each(targets)(
    "changes nothing of an old release on %s, nor does another way to run one of its own",
    (target) => {
      expect(seen.added.graphs[target]).toEqual(seen.before.graphs[target]);
      expect(seen.after.graphs[target]).toEqual(seen.before.graphs[target]);
    },
  );

  test("is printed for hosts and clusters without Pulumi", () => {
    for (const text of [seen.candidate.compose, seen.candidate.manifests]) {
      expect(text).toContain("crackerjack-database-password");
      expect(text).toContain("crackerjack-api-token");
    }
  });

  test.each(targets)("runs on %s beside an old release that does not have it", (target) => {
    const { outputs } = seen.candidate.graphs[target];
    expect(outputs.revisions.crackerjack).toEqual({ stable: expect.stringMatching(/^crackerjack-[0-9a-f]{10}$/) });
    for (const [service, { stable }] of Object.entries(seen.before.graphs[target].outputs.revisions)) {
      expect(outputs.revisions[service]?.stable, service).toBe(stable);
    }
  });

  test.each(targets)("is judged on %s like the others, and fails no other check", (target) => {
    const named = (look: Look, what: "pass" | "fail") =>
      look.checks[target].flatMap(({ name: check, findings }) =>
        findings
          .filter(({ verdict }) => verdict === what)
          .map(({ resource, reason }) => `${check} ${resource} ${reason}`),
      );
    expect(named(seen.candidate, "pass").some((line) => line.includes("crackerjack"))).toBe(true);
    const failed = named(seen.before, "fail");
    expect(named(seen.candidate, "fail").filter((line) => !failed.includes(line))).toEqual([]);
  });

  test("renumbers no running host", () => {
    const [before, candidate] = [addresses(seen.before), addresses(seen.candidate)];
    expect(Object.keys(candidate)).toEqual(expect.arrayContaining([expect.stringMatching(/^crackerjack-/)]));
    expect(candidate).toMatchObject(before);
  });

  test("keeps running while its release is deployed, even after its description is deleted", () => {
    for (const target of targets) expect(seen.gone.graphs[target]).toEqual(seen.candidate.graphs[target]);
  });
});

/** What a deployment is made from. */
function readdirOf(folder: string): string[] {
  const rooms =
    "cli docs ecosystem edge images infra load policies promotion readiness rehearsal releases report smoke";
  return [...rooms.split(" "), ...globSync("{Pulumi*.yaml,package.json,package-lock.json}", { cwd: folder })];
}
