import { expect, type TestContext, test, vi } from "vitest";
import { pulumiConfig, SecretsError } from "../../../infra/secrets/pulumi-config.ts";
import { pulumiDouble } from "../../fixtures/pulumi/cli-double.ts";

/** The settings of prod, with the double in the place of the CLI. */
function withDouble(context: TestContext) {
  const double = pulumiDouble(context);
  vi.stubEnv("PATH", double.bin);
  context.onTestFinished(() => void vi.unstubAllEnvs());
  return { ...double, config: pulumiConfig("/", "prod") };
}

const value = "a value that nobody may see";

test("a value goes to the CLI on standard input and never as an argument", async (context) => {
  const { config, calls } = withDouble(context);
  await config.set("auth-secret", value);
  expect(calls()).toEqual([
    {
      args: [
        "config",
        "set",
        "--secret",
        "--path",
        'mahavishnu:secrets["auth-secret"]',
        "--non-interactive",
        "--stack",
        "prod",
      ],
      stdin: value,
    },
  ]);
});

test("the CLI's error is passed on, without the value", async (context) => {
  const { config, answers } = withDouble(context);
  answers({ complaint: "error: cannot encrypt {}", code: 255 });
  const refusal = config.set("auth-secret", value);
  await expect(refusal).rejects.toThrow(SecretsError);
  await expect(refusal).rejects.toThrow(
    "pulumi config set --stack prod failed (exit 255): error: cannot encrypt [secret]",
  );
});

test("a stack unknown to the backend is created first", async (context) => {
  const { config, answers } = withDouble(context);
  answers({ complaint: "error: no stack named 'prod' found", code: 6 });
  await expect(config.date(["auth-secret"], "2026-11-25")).rejects.toThrow("Create it first: pulumi stack init prod");
});

test("dates are recorded in plaintext, all in one call, and without secrets there is no call", async (context) => {
  const { config, calls } = withDouble(context);
  await config.date([], "2026-11-25");
  await config.date(["auth-secret", "restic-password"], "2026-11-25");
  expect(calls().map(({ args }) => args)).toEqual([
    [
      ...["config", "set-all", "--path"],
      ...["--plaintext", 'mahavishnu:secretDates["auth-secret"]=2026-11-25'],
      ...["--plaintext", 'mahavishnu:secretDates["restic-password"]=2026-11-25'],
      ...["--non-interactive", "--stack", "prod"],
    ],
  ]);
});

test("the values are read from the one setting", async (context) => {
  const { config, answers } = withDouble(context);
  answers({
    output: JSON.stringify({ "mahavishnu:secrets": { objectValue: { "auth-secret": value }, secret: true } }),
  });
  expect(await config.values()).toEqual({ "auth-secret": value });
  answers({ output: JSON.stringify({ "mahavishnu:target": { value: "compose", secret: false } }) });
  expect(await config.values()).toEqual({});
});

test("without a CLI nothing can be set, and the values are not known", async (context) => {
  vi.stubEnv("PATH", "/nowhere");
  context.onTestFinished(() => void vi.unstubAllEnvs());
  const config = pulumiConfig("/", "prod");
  await expect(config.set("auth-secret", value)).rejects.toThrow(/^pulumi is not on PATH; .* Install it \(https:/);
  expect(await config.values()).toBe(undefined);
});
