import { Command } from "commander";
import { projectFolder } from "./paths.ts";
import { stackOption } from "./stack-option.ts";
import { UsageError } from "./usage.ts";
import { verb } from "./verb.ts";

type New = { stack: string; image?: Record<string, string>; name?: string; unpublished?: boolean; retry?: boolean };

const make = verb<New>(
  "new",
  "freeze the stack's settings and images into a release",
  "npx maha release new --stack staging --image mahavishnu=registry.acme.dev/mahavishnu@sha256:... (one --image per service)",
  async (_, { stack, image = {}, name, unpublished, retry }, io) => {
    const { newRelease } = await import("../infra/release/new.ts");
    const { release, file } = newRelease(projectFolder(), stack, {
      images: image,
      name,
      unpublished,
      retry,
      created: new Date(),
    });
    const next = release.unpublished
      ? "Some of its images are in no registry, so it can be inspected but not deployed"
      : `To deploy it: pulumi config set candidate ${release.name} -s ${stack}`;
    io.say(`${file}: release ${release.name} of ${stack}. ${next}`);
    io.print(release);
    return 0;
  },
)
  .addOption(stackOption())
  .option("--image <service=ref>", "a service's image, by digest; repeatable", collectedImages)
  .option(
    "--name <name>",
    "the release's name (default: the name of another stack's release with the same images, else the next number)",
  )
  .option("--retry", "retry the candidate: the same images under new revision ids, after a failure of the platform")
  .option("--unpublished", "allow images that are in no registry yet; the release can only be inspected offline");

const list = verb<{ stack: string }>(
  "list",
  "list the releases of a stack, oldest first",
  "npx maha release list --stack prod",
  async (_, { stack }, io) => {
    const { readStack } = await import("../infra/config/stack-file.ts");
    const { releasesOf } = await import("../infra/release/files.ts");
    const { table } = await import("./table.ts");
    const { settings } = readStack(projectFolder(), stack);
    const releases = releasesOf(projectFolder(), stack);
    const role = (name: string) =>
      name === settings.stable ? "stable" : name === settings.candidate ? "candidate" : "";
    const rows = releases.map(({ name, created, unpublished, revisions }) => [
      name,
      created.slice(0, 16).replace("T", " "),
      Object.keys(revisions).join(","),
      [role(name), unpublished && "unpublished"].filter(Boolean).join(", "),
    ]);
    for (const line of rows.length ? table(rows) : [`${stack} has no releases yet`]) io.say(line);
    for (const release of releases) io.print(release);
    return 0;
  },
).addOption(stackOption());

const show = verb<{ stack: string }>(
  "show <name>",
  "show what a release runs",
  "npx maha release show r1 --stack prod",
  async ([name = ""], { stack }, io) => {
    const { readRelease } = await import("../infra/release/files.ts");
    const { stringify } = await import("yaml");
    const release = readRelease(projectFolder(), stack, name);
    if (!io.json) for (const line of stringify(release).trimEnd().split("\n")) io.say(line);
    io.print(release);
    return 0;
  },
).addOption(stackOption());

const diff = verb<{ stack: string }>(
  "diff <a> <b>",
  "show what differs between two releases",
  "npx maha release diff r1 r2 --stack prod",
  async ([a = "", b = ""], { stack }, io) => {
    const { readRelease } = await import("../infra/release/files.ts");
    const { differences } = await import("../infra/release/diff.ts");
    const found = differences(readRelease(projectFolder(), stack, a), readRelease(projectFolder(), stack, b));
    for (const { place, before, after } of found)
      io.say(`${place}: ${before ?? "(nothing)"} -> ${after ?? "(nothing)"}`);
    if (found.length === 0) io.say(`${a} and ${b} run the same revisions`);
    io.print({ a, b, differences: found });
    return 0;
  },
).addOption(stackOption());

export const command = new Command("release")
  .summary("freeze, list, show and compare releases")
  .description("Freezes, lists, shows and compares releases.");
for (const sub of [make, list, show, diff]) command.addCommand(sub.exitOverride());

function collectedImages(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, service, image] = /^([^=]+)=(\S+)$/.exec(text) ?? [];
  if (service === undefined || image === undefined) {
    throw new UsageError(
      `--image ${text}: expected SERVICE=IMAGE. Example: --image mahavishnu=registry.acme.dev/mahavishnu@sha256:...`,
    );
  }
  return { ...before, [service]: image };
}
