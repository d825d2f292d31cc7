import { isDeepStrictEqual } from "node:util";
import type { RevisionRole } from "../../../ecosystem/revision-role.ts";
import { type Milliseconds, type Percent, toSeconds } from "../../../ecosystem/units.ts";
import { newSessionsCluster, sessionsCluster } from "../../../edge/clusters.ts";
import { previewHeaders } from "../../../edge/routes.ts";
import { type EdgeSettings, type Position, takesNewSessions, withCandidate } from "../../../edge/settings.ts";
import type { Clock } from "../../clock.ts";
import type { Drained, TrafficController } from "../../traffic-controller.ts";
import { shareOfTraffic } from "../../traffic-state.ts";
import type { Admin } from "./admin.ts";
import { readEdge, readPreviewToken } from "./folder.ts";
import { bringInForce } from "./inforce.ts";
import { clustersInForce } from "./readback.ts";
import { forgetSamples } from "./samples.ts";
import { edgeTrafficState } from "./traffic-state.ts";

/** How long a draining revision must be without active requests to count as quiet, and how often that is checked, in milliseconds. */
const QUIET_MS: Milliseconds = 2000;
const LOOK_MS: Milliseconds = 200;

/**
 * The traffic controller of the Envoy edge. Its folder (see `createEdge`) stores the intended position, so any process can
 * continue where another stopped, and every operation is idempotent. A share may have two decimals; services without a
 * candidate keep their stable. Operations throw when Envoy does not answer or does not apply a change, and when they would
 * fail users' requests: draining or retiring a revision that still takes new sessions, or a share for a retired one.
 */
export function edgeTrafficController({
  settings,
  admin,
  clock,
}: {
  settings: EdgeSettings;
  admin: Admin;
  clock: Clock;
}): TrafficController {
  const services = withCandidate(settings);
  const read = edgeTrafficState({ folder: settings.folder, admin });
  const revisionIds = (role: RevisionRole) => services.flatMap((service) => service[role]?.id ?? []);

  async function position(): Promise<Position> {
    const stored = await readEdge(settings.folder);
    if (!isDeepStrictEqual(stored.settings, settings)) {
      throw new Error(`the edge in ${settings.folder} has other services or revisions than this promotion`);
    }
    return stored.position;
  }

  const move = (position: Position) => bringInForce({ settings, position }, admin, clock);

  /** The position; throws while new sessions can still reach that role. */
  async function withoutNewSessions(role: RevisionRole, verb: string): Promise<Position> {
    const now = await position();
    if (takesNewSessions(role, now.share)) {
      throw new Error(
        `${role} still takes new sessions (the share is ${now.share} %), so it cannot be ${verb}; set the share to ${role === "stable" ? 100 : 0} % first`,
      );
    }
    return now;
  }

  return {
    async preview(role) {
      const token = await readPreviewToken(settings);
      return settings.services
        .filter((service) => service[role])
        .map(({ name, listen }) => ({
          service: name,
          url: `${settings.tls ? "https" : "http"}://${listen.address === "0.0.0.0" ? "127.0.0.1" : listen.address}:${listen.port}`,
          headers: previewHeaders(token, role),
        }));
    },

    async share() {
      const state = await read();
      if (state === null) throw new Error(`no edge in ${settings.folder}`);
      return shareOfTraffic(state.live, services);
    },

    async setShare(share) {
      checkShare(share);
      const { draining, retired } = await position();
      const needed = (["stable", "candidate"] as const).filter((role) => takesNewSessions(role, share));
      for (const role of needed) {
        const gone = revisionIds(role).filter((id) => retired.includes(id));
        if (gone.length > 0)
          throw new Error(`a share of ${share} % needs ${gone.join(", ")}, which the edge no longer serves`);
      }
      if (services.length === 0 && share > 0)
        throw new Error(`a share of ${share} % needs a candidate, and no service has one`);
      const back = needed.flatMap(revisionIds);
      if (share > 0) await forgetSamples(settings);
      await move({ share, draining: draining.filter((id) => !back.includes(id)), retired });
    },

    async drain(role, limitMs): Promise<Drained> {
      const now = await withoutNewSessions(role, "drained");
      const leaving = revisionIds(role).filter((id) => !now.retired.includes(id));
      await move({ ...now, draining: [...new Set([...now.draining, ...leaving])] });
      const names = services.flatMap((service) => {
        const revision = service[role];
        return revision ? [newSessionsCluster(revision), sessionsCluster(revision)] : [];
      });
      const started = clock.now();
      let quietSince: number | undefined;
      for (;;) {
        const inForce = await clustersInForce(admin);
        const openRequests = names.reduce((sum, name) => sum + (inForce.get(name)?.openRequests ?? 0), 0);
        const at = clock.now();
        const seconds = toSeconds(at - started);
        quietSince = openRequests > 0 ? undefined : (quietSince ?? at);
        if (quietSince !== undefined && at - quietSince >= QUIET_MS) return { ended: "quiet", seconds, openRequests };
        if (at - started >= limitMs) return { ended: "limit", seconds, openRequests };
        await clock.sleep(Math.min(LOOK_MS, started + limitMs - at));
      }
    },

    async retire(role) {
      const now = await withoutNewSessions(role, "retired");
      const leaving = revisionIds(role);
      await move({
        ...now,
        draining: now.draining.filter((id) => !leaving.includes(id)),
        retired: [...new Set([...now.retired, ...leaving])],
      });
    },
  };
}

function checkShare(share: Percent) {
  const hundredths = share * 100;
  if (!(share >= 0 && share <= 100) || Math.abs(hundredths - Math.round(hundredths)) > 1e-6) {
    throw new Error(`a share of ${share} % is not allowed: 0 to 100, with at most two decimals`);
  }
}
