import { readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { edgePaths } from "../../../../edge/paths.ts";
import { type EdgeSettings, restingPosition } from "../../../../edge/settings.ts";
import { readEdge } from "../../../../promotion/platforms/envoy-files/folder.ts";
import { createEdge } from "../../../../promotion/platforms/envoy-files/inforce.ts";
import { temporaryFolder } from "../../../fixtures/envoy.ts";

const at = (port: number) => ({ address: "127.0.0.1", port });
const settings: EdgeSettings = {
  folder: "/var/lib/edge",
  services: [
    {
      name: "backend",
      listen: at(8000),
      stable: { id: "backend-1", endpoints: [at(9001), at(9003)] },
      candidate: { id: "backend-2", endpoints: [at(9002)] },
    },
    { name: "frontend", listen: at(8001), stable: { id: "frontend-1", endpoints: [at(9011)] } },
  ],
};

test("a folder holds all that a fresh process needs, and nothing half written", async () => {
  const here = { ...settings, folder: await temporaryFolder() };
  await createEdge(here);
  expect(await readEdge(here.folder)).toEqual({ settings: here, position: restingPosition });
  expect((await readdir(here.folder)).sort()).toEqual([
    "bootstrap.json",
    "declared.json",
    "edge.json",
    "preview-token",
    "sample-budget.json",
    "xds",
  ]);
  expect((await readdir(edgePaths(here.folder).xds)).sort()).toEqual([
    "cds.json",
    "eds-backend-1.json",
    "eds-backend-2.json",
    "eds-frontend-1.json",
    "lds.json",
    "rds-backend.json",
    "rds-frontend.json",
  ]);
});

test("what somebody has put where a file is prepared is neither followed nor kept", async () => {
  const here = { ...settings, folder: await temporaryFolder() };
  const victim = join(await temporaryFolder(), "victim");
  await writeFile(victim, "untouched");
  await symlink(victim, join(here.folder, `.edge.json.${process.pid}.next`));
  await createEdge(here);
  expect(await readFile(victim, "utf8")).toBe("untouched");
  expect((await readEdge(here.folder)).settings).toEqual(here);
});

test("a folder without an edge, or with a damaged one, is refused by name", async () => {
  const folder = await temporaryFolder();
  const file = edgePaths(folder).settings;
  await expect(readEdge(folder)).rejects.toThrow(`${file} cannot be read`);
  await writeFile(file, '{"settings":');
  await expect(readEdge(folder)).rejects.toThrow(`${file} is not JSON`);
  await createEdge({ ...settings, folder });
  const stored = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify({ ...stored, position: { share: 120 } }));
  await expect(readEdge(folder)).rejects.toThrow(`${file} does not describe an edge`);
});
