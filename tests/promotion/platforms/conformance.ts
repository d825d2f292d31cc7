import { describe, expect, onTestFinished, test } from "vitest";
import { declaredSplits } from "../../../edge/declared-split.ts";
import { checkSettings, type EdgeSettings, withCandidate } from "../../../edge/settings.ts";
import { movedTraffic } from "../../../promotion/guard/refusal.ts";
import type { TrafficController } from "../../../promotion/traffic-controller.ts";
import { type ReadTrafficState, sameSplit, shareOfTraffic } from "../../../promotion/traffic-state.ts";

/** One platform, on which nothing has been deployed yet. */
export type Platform = {
  read: ReadTrafficState;
  /** The edge that is declared, with the addresses that this platform has. */
  settings: EdgeSettings;
  /** Deploys it: stable 100 %, candidates at 0 %. */
  declare(): Promise<void>;
  /** Gives the candidates a share, as whoever moves traffic there does. */
  move(share: number): Promise<void>;
  /** Gives the candidate of one service alone a share, where that is possible. */
  moveOne?: (service: string, share: number) => Promise<void>;
  /** Makes the platform refuse or not answer. */
  breakDown(): Promise<void>;
  /** Puts something else in the place of what the platform keeps. */
  plant: Record<string, () => Promise<void>>;
  /** Moves traffic, where that is possible already. */
  controller?: TrafficController;
};

type Options = {
  /** What the error of a platform that cannot be asked has to say: what was tried, and what to do. */
  unreachable: RegExp;
  /** The names of `plant`. */
  hostile: readonly string[];
  /** Whether services can have different shares, and whether there is a controller. */
  perService?: boolean;
  controlled?: boolean;
};

/** Two services with a candidate and one without, at these ports of this machine. */
export const exampleEdge = (folder: string, port: (name: string) => number): EdgeSettings => {
  const revision = (id: string) => ({ id, endpoints: [{ address: "127.0.0.1", port: port(id) }] });
  const service = (name: string, ...[stable, candidate]: [string, string?]) => ({
    name,
    listen: { address: "127.0.0.1", port: port(name) },
    stable: revision(stable),
    ...(candidate && { candidate: revision(candidate) }),
  });
  return checkSettings({
    folder,
    services: [
      service("akosha", "akosha-a", "akosha-b"),
      service("mahavishnu", "mahavishnu-a", "mahavishnu-b"),
      service("session-buddy", "session-buddy-a"),
    ],
  });
};

/** The laws that every platform keeps, whatever it keeps its traffic in. */
export function platformConforms(name: string, start: () => Promise<Platform>, options: Options): void {
  const begin = async (): Promise<Platform> => {
    const platform = await start();
    await platform.declare();
    return platform;
  };
  const stateOf = async ({ read }: Platform) => {
    const state = await read();
    if (state === null) throw new Error("there is nothing deployed");
    return state;
  };
  const shareSeen = async (platform: Platform) =>
    shareOfTraffic((await stateOf(platform)).live, withCandidate(platform.settings));
  const next = ({ settings }: Platform) =>
    Object.fromEntries(
      settings.services.map(({ name, stable, candidate }) => [
        name,
        { stable: stable.id, ...(candidate && { candidate: candidate.id }) },
      ]),
    );

  describe(`${name}, as every platform`, () => {
    test("has no traffic before anything is deployed", async () => {
      expect(await (await start()).read()).toBeNull();
    });

    test("rests where it was declared: stable 100 %, candidates at 0 %", async () => {
      const platform = await begin();
      const state = await stateOf(platform);
      expect(state.declared).toEqual(declaredSplits(platform.settings.services));
      for (const [service, split] of Object.entries(state.declared)) {
        expect(sameSplit(state.live[service] ?? {}, split), service).toBe(true);
      }
      expect(Object.keys(state.live).sort()).toEqual(Object.keys(state.declared).sort());
      expect(await shareSeen(platform)).toBe(0);
      expect(movedTraffic(next(platform), state)).toBeNull();
    });

    test.each([25, 100, 0])("shows traffic that was moved to %d %%, and the declared split", async (share) => {
      const platform = await begin();
      await platform.move(share);
      await expect.poll(() => shareSeen(platform), { timeout: 5000 }).toBe(share);
      const state = await stateOf(platform);
      expect(sameSplit(state.live.akosha ?? {}, { "akosha-a": 100 - share, "akosha-b": share })).toBe(true);
      expect(sameSplit(state.live["session-buddy"] ?? {}, { "session-buddy-a": 100 })).toBe(true);
      expect(state.declared).toEqual(declaredSplits(platform.settings.services));
      if (share === 0) expect(movedTraffic(next(platform), state)).toBeNull();
      else expect(movedTraffic(next(platform), state)).toMatch(/the live traffic split of \w+ is .*-b/);
    });

    test("that cannot be reached says what was tried and what to do, and is not an empty stack", async () => {
      const platform = await begin();
      await platform.breakDown();
      await expect(platform.read()).rejects.toThrow(options.unreachable);
    });

    test.each(options.hostile)("rejects %s, and names the place", async (what) => {
      const platform = await begin();
      await platform.plant[what]?.();
      const message = await platform.read().then(
        () => "read",
        (error: Error) => error.message,
      );
      expect(message).toMatch(/ (is|are) not |does not describe|has no routes/);
      expect(message).not.toMatch(/Cannot read properties|undefined/);
    });

    if (options.perService)
      test("names the services that disagree", async () => {
        const platform = await begin();
        await platform.move(10);
        await platform.moveOne?.("mahavishnu", 50);
        await expect
          .poll(() => shareSeen(platform).catch((error: Error) => error.message), { timeout: 5000 })
          .toMatch(/disagree about the share: akosha 10 %, mahavishnu 50 %/);
      });

    if (options.controlled)
      describe("and its controller", () => {
        const control = async () => {
          const platform = await begin();
          if (!platform.controller) throw new Error("there is no controller");
          return { platform, controller: platform.controller };
        };

        test("sets a share idempotently, and reads back what a guard sees", async () => {
          const { platform, controller } = await control();
          for (const share of [10, 10, 0.5, 100, 0]) {
            await controller.setShare(share);
            expect(await controller.share()).toBe(share);
            expect(await shareSeen(platform)).toBe(share);
          }
        });

        test("brings services together that disagree", async () => {
          const { platform, controller } = await control();
          await controller.setShare(10);
          await platform.moveOne?.("mahavishnu", 50);
          await expect
            .poll(() => controller.share().catch((error: Error) => error.message), { timeout: 5000 })
            .toMatch(/disagree/);
          await controller.setShare(20);
          expect(await controller.share()).toBe(20);
        });

        test("drains and retires only revisions without new sessions, idempotently", async () => {
          const { controller } = await control();
          await controller.setShare(50);
          await expect(controller.drain("candidate", 100)).rejects.toThrow(/still takes new sessions/);
          await expect(controller.retire("candidate")).rejects.toThrow(/still takes new sessions/);
          await controller.setShare(0);
          expect((await controller.drain("candidate", 5000)).ended).toBe("quiet");
          await controller.retire("candidate");
          await controller.retire("candidate");
          expect(await controller.share()).toBe(0);
          await expect(controller.setShare(10)).rejects.toThrow(/which the edge no longer serves/);
        });
      });
  });
}

/** Sets a variable of the environment for one test. */
export function setVariable(name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  onTestFinished(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}
