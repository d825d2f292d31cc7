import { readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { plainText } from "../load/plain-text.ts";
import type { Tally } from "../load/tally.ts";
import { type Users, users } from "../load/users.ts";
import { isUnchanged, type RevisionIds } from "../promotion/admission.ts";
import { systemClock as clock } from "../promotion/clock.ts";
import type { Event } from "../promotion/events.ts";
import { whatFailed } from "../promotion/failures.ts";
import { begunEvents, fileJournal } from "../promotion/journal.ts";
import { type Lease, takeLease } from "../promotion/lease.ts";
import { processesName } from "../promotion/processes.ts";
import { begin, promote } from "../promotion/promote.ts";
import type { Promotion } from "../promotion/promotion.ts";
import { resume } from "../promotion/resume.ts";
import { rollBack } from "../promotion/rollback.ts";
import { fold, type State } from "../promotion/state.ts";
import { renderReport } from "../report/report.ts";
import { describeDeath } from "./child.ts";
import { raiseEdge, usedServices } from "./edge.ts";
import { findEnvoy } from "./envoy.ts";
import { RehearsalError } from "./error.ts";
import { parseFault } from "./faults.ts";
import { newFolder, type RehearsalFolder, type RehearsalSettings, readSettings } from "./folder.ts";
import { type Shift, withFaults, withSilence } from "./obstacles.ts";
import { preflight } from "./preflight.ts";
import { raise } from "./stage.ts";
import {
  candidateTotals,
  lasted,
  type RehearsalSummary,
  sessionsByRole,
  shiftErrors,
  unchanged,
  warningsOf,
} from "./summary.ts";
import { defaultWorkload, readWorkload, revisionId, type Workload } from "./workload.ts";

/** Observes a rehearsal: gets messages and every journal event, and may abort it between two polls. */
export type Audience = { say(line: string): void; event(state: State, event: Event): void; signal: AbortSignal };

type Play = {
  settings: RehearsalSettings;
  folder: RehearsalFolder;
  workload: Workload;
  lease: Lease;
  audience: Audience;
};

/**
 * Rehearses one deployment: real servers behind a real edge, real users, and the same promotion that a stack gets.
 * Throws if it cannot run at all (a server does not start, no Envoy, invalid settings). An abort leaves a journal that
 * `resumeRehearsal` finishes. No process is left running.
 */
export async function rehearse(settings: RehearsalSettings, audience: Audience): Promise<RehearsalSummary> {
  const workload = loadWorkload(settings);
  const [stable, candidate] = [revisionsOf(workload, "stable"), revisionsOf(workload, "candidate")];
  if (isUnchanged(stable, candidate))
    return unchanged("the candidate is what stable already is: there is nothing to promote");

  const folder = await newFolder(settings, clock.now(), process.pid);
  return withLease(folder, async (lease) => {
    const revisions = Object.keys(stable).map((service) => ({
      service,
      stable: stable[service] ?? "",
      candidate: candidate[service] ?? "",
      versions: versionsOf(workload, service),
    }));
    await begin(fileJournal(folder.journal), { at: clock.now(), id: folder.id, plan: settings.plan, revisions });
    return perform({ settings, folder, workload, lease, audience }, promote);
  });
}

/**
 * Finishes an interrupted or held rehearsal: starts the stage again and continues the journal. Requests before the interruption are in the
 * journal's counts, but moved and lost sessions count from the resume on. For a finished rehearsal, returns its summary.
 */
export const resumeRehearsal = (folder: RehearsalFolder, audience: Audience): Promise<RehearsalSummary> =>
  goOn(folder, audience, (promotion, { note }) => resume(promotion, note ?? "resumed by hand"));

/** Rolls an interrupted or held rehearsal back to stable, records the reason in the journal, and finishes it. */
export const rollBackRehearsal = (
  folder: RehearsalFolder,
  audience: Audience,
  reason: string,
): Promise<RehearsalSummary> => goOn(folder, audience, (promotion) => rollBack(promotion, reason));

async function goOn(
  folder: RehearsalFolder,
  audience: Audience,
  run: (promotion: Promotion, lease: Lease) => Promise<State>,
): Promise<RehearsalSummary> {
  const settings = await readSettings(folder);
  const state = fold(begunEvents(await fileJournal(folder.journal).read(), folder.journal));
  const summary = isOver(state) ? await readFile(folder.summary, "utf8").catch(() => null) : null;
  if (summary !== null) {
    audience.say(`promotion ${state.begun.id} has already finished`);
    return JSON.parse(summary);
  }
  const workload = loadWorkload(settings);
  checkRevisions(workload, state, folder);
  return withLease(folder, (lease) =>
    perform({ settings, folder, workload, lease, audience }, (promotion) => run(promotion, lease)),
  );
}

/**
 * The commands that a resume of this folder runs, as they are shown to a person. Throws a RehearsalError where the folder does
 * not say, and a JournalError where nothing could be resumed.
 */
export async function commandsOf(folder: RehearsalFolder): Promise<string[]> {
  begunEvents(await fileJournal(folder.journal).read(), folder.journal);
  const { folder: at, services } = loadWorkload(await readSettings(folder));
  return services.flatMap(({ name, stable, candidate }) =>
    [stable, candidate].map(({ version, command, env }) => {
      const variables = Object.entries(env).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      return plainText(
        `${name} ${version}, in ${at}: ${[...variables, ...command.map((word) => JSON.stringify(word))].join(" ")}`,
      );
    }),
  );
}

/** A journal can only continue with the revisions it began with. */
function checkRevisions(workload: Workload, { begun }: State, { journal }: RehearsalFolder): void {
  const [stable, candidate] = [revisionsOf(workload, "stable"), revisionsOf(workload, "candidate")];
  const other = begun.revisions.filter(
    (one) => one.stable !== stable[one.service] || one.candidate !== candidate[one.service],
  );
  if (other.length === 0) return;
  const names = other.map(({ service }) => service).join(", ");
  throw new RehearsalError(
    `${journal} has other revisions of ${names} than the workload describes now: restore the workload, or start a new rehearsal`,
  );
}

/** True if the promotion has finished and nothing is left to do. */
const isOver = ({ outcome, wanted, inForce, retired }: State): boolean =>
  outcome !== null && outcome.result !== "held" && wanted === inForce && (outcome.result !== "promoted" || retired);

/** Starts the stage, runs the promotion on it, stops everything, and returns the summary. */
async function perform(play: Play, run: (promotion: Promotion) => Promise<State>): Promise<RehearsalSummary> {
  const { settings, folder, workload, lease, audience } = play;
  const journal = fileJournal(folder.journal);
  const fault = settings.fault === null ? null : parseFault(settings.fault);
  const binary = await findEnvoy({
    toolsFolder: fileURLToPath(new URL("../.tools", import.meta.url)),
    say: audience.say,
  });
  const stage = await raise({ workload, folder: folder.path, fault, seed: settings.seed, say: audience.say });
  try {
    const ruined = new AbortController();
    let diedAt: number | null = null;
    stage.onDeath((death) => {
      audience.say(describeDeath(death));
      diedAt ??= clock.now();
      if (["Envoy", "the stage process"].includes(death.what))
        ruined.abort(new Error("the rehearsal cannot continue; `npx maha resume` restarts it"));
    });
    const edge = await raiseEdge(folder.edge, stage.services, { clock, run: (at) => stage.runEnvoy(binary, at) });
    await stage.faultsAt(await edge.target.share()); // faults from before an interruption apply again
    const services = await usedServices(workload, edge);
    const shifts: Shift[] = [];
    let inForce = 0;
    const { state, tally } = await withUsers({ services, rps: settings.rps, seed: settings.seed }, (crowd) =>
      run({
        journal,
        lease,
        clock,
        target: withFaults(edge.target, stage.faultsAt, shifts, clock),
        source: withSilence(edge.source, settings.sourceDown, () => inForce, clock),
        probes: crowd,
        smoke: () => preflight(edge.target, workload),
        onEvent: (now, event) => {
          inForce = now.inForce ?? 0;
          audience.event(now, event);
        },
        signal: AbortSignal.any([audience.signal, ruined.signal]),
      }),
    );
    const events = begunEvents(await journal.read(), folder.journal);
    const stableIds = Object.values(revisionsOf(workload, "stable"));
    const result = state.outcome?.result ?? "held";
    const sessions = sessionsByRole(tally, stableIds);
    const summary: RehearsalSummary = {
      result,
      reason: state.outcome?.reason ?? "",
      revisions: state.begun.revisions,
      steps: state.steps,
      candidate: candidateTotals(events, await edge.source.poll()),
      ...whatFailed(events),
      shiftErrors: shiftErrors(tally, shifts, { fault, stableIds, diedAt }),
      movedSessions: tally.movedSessions,
      lostSessions: tally.lostSessions,
      sessions,
      warnings: warningsOf(result, sessions),
      seconds: lasted(events),
      journal: folder.journal,
      report: folder.report,
    };
    const title = `rehearsal of ${workload.services.map(({ name }) => name).join(", ")}`;
    const extras = {
      ...summary,
      title,
      workload: workload.services
        .map(({ name, stable, candidate }) => `${name} ${stable.version} to ${candidate.version}`)
        .join(", "),
      fault: settings.fault,
      rps: settings.rps,
    };
    await writeFile(folder.report, renderReport({ events, extras }));
    await writeFile(folder.summary, `${JSON.stringify(summary)}\n`);
    return summary;
  } finally {
    await stage.down();
  }
}

/** Runs a promotion under load; the users stop when it ends, even if it throws. */
async function withUsers(
  wanted: Parameters<typeof users>[0],
  run: (crowd: Users) => Promise<State>,
): Promise<{ state: State; tally: Tally }> {
  const crowd = await users(wanted);
  try {
    const state = await run(crowd);
    return { state, tally: await crowd.stop() };
  } catch (error) {
    await crowd.stop().catch(() => {}); // the first error is the one to report
    throw error;
  }
}

async function withLease<T>({ path }: RehearsalFolder, work: (lease: Lease) => Promise<T>): Promise<T> {
  const lease = await takeLease({
    folder: path,
    holder: { owner: "maha rehearse", host: hostname(), pid: process.pid, processes: processesName() },
    clock,
  });
  try {
    return await work(lease);
  } finally {
    await lease.release();
  }
}

const loadWorkload = ({ workload }: RehearsalSettings): Workload =>
  workload === null ? defaultWorkload() : readWorkload(workload);

function versionsOf({ services }: Workload, name: string): { stable: string; candidate: string } {
  const service = services.find((one) => one.name === name);
  return { stable: service?.stable.version ?? "", candidate: service?.candidate.version ?? "" };
}

const revisionsOf = ({ services }: Workload, role: "stable" | "candidate"): RevisionIds =>
  Object.fromEntries(services.map((service) => [service.name, revisionId(service, role)]));
