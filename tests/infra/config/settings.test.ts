import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseSettings, SettingsError, settingsOn, targetsOf } from "../../../infra/config/settings.ts";

type Json = Record<string, unknown>;

const text = readFileSync(new URL("../../../Pulumi.prod.yaml", import.meta.url), "utf8");

/** The settings of prod with some places changed, `edge.rateLimit.burst`; undefined takes a place out. */
function prod(changes: Json = {}): Json {
  const { config } = parse(text) as { config: Json };
  const settings = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace("mahavishnu:", ""), value]),
  );
  for (const [place, value] of Object.entries(changes)) {
    const path = place.split(".");
    const last = path.pop() as string;
    const inner = path.reduce<Json>((at, key) => at[key] as Json, settings);
    if (value === undefined) delete inner[last];
    else inner[last] = value;
  }
  return settings;
}

/** What is said about changed settings; empty where they are accepted. */
function said(changes: Json): string {
  try {
    parseSettings(prod(changes), "Pulumi.prod.yaml");
    return "";
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as Error).message;
  }
}

describe("settings", () => {
  test("the committed ones are accepted, for their own target first", () => {
    const settings = parseSettings(prod(), "Pulumi.prod.yaml");
    expect(targetsOf(settings)).toEqual(["cloud-run", "compose", "kubernetes"]);
    expect(settingsOn(settings, "kubernetes", "x")).toMatchObject({
      target: "kubernetes",
      kubernetes: { gatewayClass: "envoy-gateway" },
    });
  });

  test.each<[string, Json, RegExp]>([
    ["a zone of another region", { "cloudRun.zone": "us-east1-b" }, /cloudRun\.zone: the zone is in another region/],
    ["a user without an address", { "cloudRun.invokers": ["user:jo"] }, /invokers\.0: "user:jo" is not allowed/],
    [
      "a number out of range",
      { "edge.rateLimit.perMinute": 0 },
      /^Pulumi\.prod\.yaml, mahavishnu:edge\.rateLimit\.perMinute: 0 is not allowed \(1 to 6000 requests a minute per client\)\. Example: perMinute: 60\. See docs\/reference\/settings\.md#edge-ratelimit$/,
    ],
    [
      "an unknown target",
      { target: "nomad" },
      /mahavishnu:target: "nomad" is not allowed \(cloud-run, compose, kubernetes\)/,
    ],
    [
      "a typo",
      { "edge.rateLimits": {} },
      /mahavishnu:edge\.rateLimits: unknown setting\. Allowed here: image, rateLimit/,
    ],
    ["what the typo leaves out", { "edge.rateLimit": undefined }, /mahavishnu:edge\.rateLimit: missing/],
    [
      "a typo at the top",
      { canditate: "r2" },
      /mahavishnu:canditate: unknown setting\. Allowed here: target, stable, candidate/,
    ],
    [
      "a missing setting",
      { "cloudRun.region": undefined },
      /mahavishnu:cloudRun\.region: missing \(a Google Cloud region\)\. Example: region: europe-west1/,
    ],
    [
      "no settings for the target",
      { cloudRun: undefined },
      /mahavishnu:cloudRun: missing, but required for the target cloud-run/,
    ],
    [
      "everybody as an invoker",
      { "cloudRun.invokers": ["allUsers"] },
      /cloudRun\.invokers\.0: "allUsers" is not allowed .*never allUsers/,
    ],
    [
      "people who sign in without a domain",
      { "cloudRun.access": "iap", "cloudRun.domain": undefined },
      /mahavishnu:cloudRun\.domain: missing .*required for access: iap/,
    ],
    [
      "an open edge without TLS",
      { "compose.tls": false },
      /mahavishnu:compose\.tls: must be true when publish is not 127\.0\.0\.1/,
    ],
    [
      "an open edge that asks nobody who calls",
      { "edge.auth": undefined, kubernetes: undefined },
      /mahavishnu:edge\.auth: missing \(the issuer of the tokens.*because the servers do not authenticate callers\)\. Example: auth: \{ issuer:/,
    ],
    [
      "a cluster whose edge asks nobody who calls",
      { "edge.auth": undefined, compose: undefined },
      /mahavishnu:edge\.auth: missing \(the issuer of the tokens .*on kubernetes/,
    ],
    [
      "keys of an issuer in the clear",
      { "edge.auth.jwks": "http://login.acme.dev/jwks.json" },
      /edge\.auth\.jwks: value \(hidden\) is not allowed \(the URL of the issuer's key set \(JWKS\), on the internet, over https\)/,
    ],
    [
      "a candidate on an empty stack",
      { candidate: "r2", stable: undefined },
      /mahavishnu:candidate: there is no stable release .* mahavishnu:stable: r2/,
    ],
    [
      "a service that does not exist",
      { "cloudRun.sizes": { dhara: { cpu: 1 } } },
      /cloudRun\.sizes\.dhara: unknown setting\. Allowed here: session-buddy, akosha, mahavishnu/,
    ],
    [
      "more at least than at most",
      { "cloudRun.sizes": { akosha: { instances: { min: 3, max: 2 } } } },
      /sizes\.akosha\.instances: min must not exceed max/,
    ],
    [
      "an hour that allows less than a burst",
      { "edge.rateLimit.perHour": 9 },
      /edge\.rateLimit\.perHour: must be at least burst \(1 to 100000/,
    ],
    [
      "an invoker twice",
      { "cloudRun.invokers": ["group:agents@acme.dev", "group:Agents@acme.dev"] },
      /cloudRun\.invokers: an invoker is listed twice \(at least one invoker, without duplicates\)/,
    ],
    [
      "a vault in the region itself, however it is written",
      { "cloudRun.multiRegionVault": "EUROPE-WEST1" },
      /cloudRun\.multiRegionVault: the vault is in the stack's own region; one outage would take both \(the location of the off-site vault/,
    ],
    ...[
      "minio.internal:9000/b",
      "http://store.acme.dev/b",
      "https://store.acme.dev:9000/b",
      "minio/b",
      "10.0.0.9/b",
    ].map((place): [string, Json, RegExp] => [
      `a cluster's repository at ${place}, which its backups cannot reach,`,
      { "kubernetes.backups": `s3:${place}`, "kubernetes.vault": "s3:s3.amazonaws.com/vault" },
      /kubernetes\.backups: .*not allowed \(a restic repository on the internet, over https on port 443/,
    ]),
    ["an empty list of receivers", { "alerts.P1": [] }, /alerts\.P1: .*at least one receiver/],
  ])("%s is refused with its key and an example", (_, changes, line) => {
    expect(said(changes)).toMatch(line);
  });

  test("two invokers, a vault in another region and repositories on the internet are accepted", () => {
    expect(said({ "cloudRun.invokers": ["group:mcp.agents@acme.dev", "group:mcp-agents@acme.dev"] })).toBe("");
    expect(said({ "cloudRun.multiRegionVault": "EUROPE-WEST4" })).toBe("");
    for (const place of [
      "s3:s3.eu-west-1.amazonaws.com/b",
      "s3:https://store.acme.dev:443/b",
      "s3:store.acme.dev/b/c",
    ]) {
      expect(said({ "kubernetes.backups": place, "kubernetes.vault": "s3:s3.amazonaws.com/vault" })).toBe("");
    }
  });

  test("an edge on loopback needs no authentication", () => {
    expect(said({ "edge.auth": undefined, kubernetes: undefined, "compose.publish": "127.0.0.1" })).toBe("");
    expect(said({ "edge.auth": undefined, kubernetes: undefined, compose: undefined })).toBe("");
  });

  test("all problems are reported at once", () => {
    const message = said({ target: "nomad", "edge.rateLimit.burst": -1, "backups.daily": "many" });
    expect(message.split("\n")).toHaveLength(3);
  });

  test("no message contains a secret's value", () => {
    expect(said({ secrets: { "auth-secret": "hunter2hunter2" }, target: 1 })).toMatch(/^((?!hunter2).)*$/s);
  });

  test("a possible secret in the wrong place is not shown", () => {
    expect(said({ "alerts.P1": ["https://hooks.slack.com/services/T0/B0/hunter2"] })).toMatch(
      /alerts\.P1\.0: value \(hidden\) is not allowed/,
    );
  });

  test("whatever is written, it is read or refused in words, never with a crash", () => {
    const places = [
      "target",
      "edge",
      "edge.rateLimit",
      "edge.rateLimit.burst",
      "alerts.P1",
      "cloudRun",
      "cloudRun.invokers",
      "exemptions",
      "backups.lockVault",
    ];
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), (place, value) => {
        const message = said({ [place]: value });
        for (const line of message === "" ? [] : message.split("\n")) {
          expect(line).toMatch(/^Pulumi\.prod\.yaml, mahavishnu:/);
        }
      }),
      { numRuns: 300 },
    );
  });
});
