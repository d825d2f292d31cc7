import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { noCounts } from "../../promotion/counts.ts";
import { freePort } from "../../rehearsal/port.ts";
import { Client } from "../fixtures/edge/client.ts";
import { at, deferred, type Everyday, probing, startEveryday } from "../fixtures/edge/everyday.ts";
import { type Issuer, startIssuer } from "../fixtures/edge/issuer.ts";
import { describeWith } from "../fixtures/tools.ts";

const PEER = "127.0.0.3";
const peers = [`${PEER}/32`];

/** How an edge answers a token, or none. */
const shown = (token?: string) => (token === undefined ? {} : { authorization: `Bearer ${token}` });

describeWith(["openssl"], "an edge that asks who calls", {}, () => {
  const { defer, cleanUp } = deferred();
  let issuer: Issuer;
  let edge: Everyday;
  beforeAll(async () => {
    issuer = await startIssuer(defer);
    edge = await startEveryday(defer, { auth: issuer.auth, peers });
  });
  afterAll(cleanUp);

  const seen = () => [...edge.stable, edge.candidate].reduce((sum, { seen }) => sum + seen, 0);
  function clientFrom(address: string, { settings }: Everyday = edge) {
    const client = new Client(settings.services[0]?.listen.port ?? 0, address);
    onTestFinished(() => client.close());
    return client;
  }

  test.each(["RS256", "ES256"] as const)("lets in who shows a token (%s), in a session, too", async (algorithm) => {
    const token = shown(issuer.token({}, "its own", algorithm));
    const { id } = await edge.client.open(token);
    expect((await edge.client.call(id, token)).status).toBe(200);
    expect((await edge.client.call(id)).status).toBe(401);
  });

  const ago = (seconds: number) => Math.floor(Date.now() / 1000) - seconds;
  test.each<[string, () => string | undefined]>([
    ["no token", () => undefined],
    ["what is no token", () => "secret"],
    ["an expired token", () => issuer.token({ exp: ago(120) })],
    ["a token that never expires", () => issuer.token({ exp: undefined })],
    ["a token that does not hold yet", () => issuer.token({ nbf: ago(-600) })],
    ["another issuer's token", () => issuer.token({ iss: "https://login.test.com/" })],
    ["a token for another audience", () => issuer.token({ aud: "https://mcp.test.com" })],
    ["a token for no audience", () => issuer.token({ aud: undefined })],
    ["a token that somebody else has signed", () => issuer.token({}, "another")],
    ["a token that nobody has signed", () => issuer.token().replace(/[^.]*$/, "")],
  ])("refuses %s before any server is asked, and says what it wants", async (_, token) => {
    const before = seen();
    const { status, headers } = await edge.client.call(undefined, shown(token()));
    expect([status, seen()]).toEqual([401, before]);
    expect(headers["www-authenticate"]).toMatch(/^Bearer realm="/);
  });

  test("takes no token from the address, which ends up in logs", async () => {
    expect((await edge.client.get(`/mcp?access_token=${issuer.token()}`)).status).toBe(401);
  });

  test("asks nobody who asks for health, and for that alone", async () => {
    expect((await edge.client.get("/healthz")).status).toBe(200);
    for (const path of ["/healthz?all", "/healthz/", "/healthz/../mcp", "/metrics", "/"]) {
      expect((await edge.client.get(path)).status).toBe(401);
    }
  });

  test("asks no peer, and nobody becomes one by what it says", async () => {
    expect((await clientFrom(PEER).call()).status).toBe(200);
    expect((await clientFrom("127.0.0.2").call()).status).toBe(401);
    for (const name of ["x-forwarded-for", "x-envoy-external-address", "x-real-ip", "forwarded"]) {
      expect((await edge.client.call(undefined, { [name]: PEER })).status).toBe(401);
    }
  });

  test("behind a proxy that has a peer's address asks those whom the proxy speaks for", async () => {
    const behind = await startEveryday(onTestFinished, { trustedHops: 1, auth: issuer.auth, peers });
    const proxy = clientFrom(PEER, behind);
    for (const addresses of ["203.0.113.7", PEER, `203.0.113.7, ${PEER}`, `${PEER}, ${PEER}`, ""]) {
      const said = addresses === "" ? [PEER, "203.0.113.7"] : addresses;
      expect((await proxy.call(undefined, { "x-forwarded-for": said })).status).toBe(401);
    }
    const token = shown(issuer.token());
    expect((await proxy.call(undefined, { "x-forwarded-for": PEER, ...token })).status).toBe(200);
    expect((await proxy.call()).status).toBe(200);
  });

  test("has a listener for its peers alone, and the one for clients makes nobody a peer, forwarded or not", async () => {
    const peersListen = at(await freePort());
    const limits = { perMinute: 6, burst: 4, perHour: 1000, exempt: [] };
    const behind = await startEveryday(onTestFinished, { trustedHops: 1, auth: issuer.auth, limits }, { peersListen });
    const inside = new Client(peersListen.port, PEER);
    onTestFinished(() => inside.close());
    const answers = await Promise.all(Array.from({ length: 20 }, () => inside.call()));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect((await inside.call(undefined, { "x-forwarded-for": "203.0.113.7" })).status).toBe(401);

    const gateway = clientFrom(PEER, behind);
    const said = [undefined, { "x-forwarded-for": PEER }].map((headers) => gateway.call(undefined, headers));
    expect((await Promise.all(said)).map(({ status }) => status)).toEqual([401, 401]);
    const more = await Promise.all(Array.from({ length: 10 }, () => gateway.call(undefined, shown(issuer.token()))));
    expect(more.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(6);
  });

  test("counts none of those whom it refuses, neither for a revision nor against one", async () => {
    const edge = await startEveryday(onTestFinished, { auth: issuer.auth });
    const counted = async () => {
      const polled = await edge.source.poll();
      const { stable } = (!polled.silent && polled.services.echo) || { stable: undefined };
      return {
        ...{ user: stable?.user, probe: stable?.probe },
        measured: stable?.latency?.reduce((sum, calls) => sum + calls, 0),
      };
    };
    for (const token of [undefined, "secret", issuer.token({ aud: "https://mcp.test.com" })]) {
      await edge.client.call(undefined, shown(token));
      await edge.client.call(undefined, { ...probing("stable"), ...shown(token) });
    }
    await edge.client.call(undefined, shown(issuer.token()));
    await expect
      .poll(counted, { timeout: 10_000 })
      .toEqual({ user: { ...noCounts, requests: 1 }, probe: noCounts, measured: 1 });
  });

  test("counts clients by the subject of their tokens, from wherever they call", async () => {
    const edge = await startEveryday(onTestFinished, { auth: issuer.auth, trustedHops: 1 });
    const buckets = async () => {
      const seen = await edge.source.poll();
      return seen.silent ? [] : Object.entries(seen.services.echo?.stable.clients ?? {});
    };
    const call = (sub: string, from: string) =>
      edge.client.call(undefined, { "x-forwarded-for": from, ...shown(issuer.token({ sub })) });
    for (let host = 0; host < 10; host += 1) await call("one", `203.0.113.${host}`);
    await expect.poll(buckets).toEqual([[expect.any(String), expect.objectContaining({ requests: 10 })]]);
    for (let agent = 0; agent < 10; agent += 1) await call(`agent-${agent}`, "203.0.113.1");
    await expect.poll(async () => (await buckets()).length).toBeGreaterThan(3);
  });

  test("limits come first: a flood makes it check no more tokens than a client may show", async () => {
    const limits = { perMinute: 6, burst: 10, perHour: 1000, exempt: [] };
    const edge = await startEveryday(onTestFinished, { limits, auth: issuer.auth });
    const answers = await Promise.all(
      Array.from({ length: 25 }, () => edge.client.call(undefined, shown(issuer.token({}, "another")))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(10).fill(401), ...Array(15).fill(429)]);
    expect(await edge.admin.get("/stats?filter=jwt_authn.denied")).toContain("http.echo.jwt_authn.denied: 10\n");
  });

  test("takes keys only from a server that proves its name by a known authority, and lets nobody in without", async () => {
    const [misnamed, unknown] = [
      await startIssuer(onTestFinished, "login.test.com"),
      await startIssuer(onTestFinished),
    ];
    for (const [there, ca] of [[misnamed, misnamed.auth.ca] as const, [unknown, issuer.auth.ca] as const]) {
      const edge = await startEveryday(onTestFinished, { auth: { ...there.auth, ca } });
      expect((await edge.client.call(undefined, shown(there.token()))).status).toBe(401);
      expect(there.asked).toBe(0);
      expect(await edge.admin.get("/stats?filter=edge_jwks.ssl.fail_verify")).toMatch(/fail_verify_\w+: [1-9]/);
    }
  });
});
