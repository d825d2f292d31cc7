import { expect, onTestFinished, test } from "vitest";
import { routes } from "../../edge/routes.ts";
import { restingPosition } from "../../edge/settings.ts";
import { requests } from "../fixtures/edge/attacks.ts";
import { Client } from "../fixtures/edge/client.ts";
import { at, startEveryday } from "../fixtures/edge/everyday.ts";

const stream = { method: "GET", path: "/mcp", headers: { accept: "text/event-stream" } };
const addresses = Array.from({ length: 110 }, (_, one) => `127.0.7.${one + 1}`);

test("1,100 open streams of 110 clients leave all calls their room", { timeout: 60_000 }, async () => {
  const { client, settings } = await startEveryday();
  const attack = await requests(settings.services[0]?.listen.port ?? 0, 1100, stream, addresses);
  onTestFinished(() => attack.end());
  const answered = () => Object.values(attack.statuses).reduce((sum, answers) => sum + answers, 0);
  await expect.poll(answered, { timeout: 30_000 }).toBe(1100);
  // Envoy's threads count together, but not at the same instant
  expect(attack.statuses[200]).toBeGreaterThan(900);
  expect(attack.statuses[200]).toBeLessThan(1010);
  const { id } = await client.open();
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.call(id)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect((await client.get("/healthz")).status).toBe(200);
});

test("one client opens half as many streams at once as it may call, and calls on", async () => {
  const limits = { perMinute: 6, burst: 10, perHour: 1000, exempt: [] };
  const { settings } = await startEveryday(onTestFinished, { limits });
  const port = settings.services[0]?.listen.port ?? 0;
  const attack = await requests(port, 8, stream, ["127.0.0.8"]);
  onTestFinished(() => attack.end());
  await expect.poll(() => attack.statuses, { timeout: 10_000 }).toEqual({ 200: 5, 429: 3 });
  const client = new Client(port, "127.0.0.8");
  onTestFinished(() => client.close());
  expect((await client.call()).status).toBe(200);
});

test("each route that forwards is preceded by those for its GETs, which lead to the same place", () => {
  const revision = (id: string, port: number) => ({ id, endpoints: [at(port)] });
  const service = {
    name: "echo",
    listen: at(8000),
    stable: revision("echo-1", 9001),
    candidate: revision("echo-2", 9002),
  };
  const all = routes(service, { ...restingPosition, share: 25 }).virtual_hosts[0]?.routes ?? [];
  const forwarding = all.flatMap((route) => ("route" in route ? [route] : []));
  expect(forwarding.length % 3).toBe(0);
  for (let first = 0; first < forwarding.length; first += 3) {
    const [health, stream, call] = forwarding.slice(first, first + 3);
    const place = ({ route: { priority: _, ...to }, name }: NonNullable<typeof call>) => ({ name, ...to });
    expect(health && place(health)).toEqual(call && place(call));
    expect(stream && place(stream)).toEqual(call && place(call));
    expect([health, stream, call].map((route) => route?.route.priority)).toEqual([undefined, "HIGH", undefined]);
    expect([health, stream, call].map((route) => route?.typed_per_filter_config !== undefined)).toEqual([
      true,
      true,
      false,
    ]);
  }
});
