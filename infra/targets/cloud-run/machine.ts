import { RepositoryIamMember } from "@pulumi/gcp/artifactregistry/repositoryIamMember.js";
import { Firewall } from "@pulumi/gcp/compute/firewall.js";
import { Instance } from "@pulumi/gcp/compute/instance.js";
import { ResourcePolicy } from "@pulumi/gcp/compute/resourcePolicy.js";
import { IAMMember as ProjectIamMember } from "@pulumi/gcp/projects/iammember.js";
import { Account } from "@pulumi/gcp/serviceaccount/account.js";
import { IAMMember as AccountIamMember } from "@pulumi/gcp/serviceaccount/iammember.js";
import * as pulumi from "@pulumi/pulumi";
import { schedules } from "../../../ecosystem/retention.ts";
import type { ServiceName } from "../../../ecosystem/services.ts";
import { timeOf } from "../../backups/jobs.ts";
import type { CloudRunDeployment, Pair } from "../../deployment.ts";
import { accountEmail, labelsOf, named, serviceAccountOf, singletonsMachine } from "../../names.ts";
import { cloudInit } from "./cloud-init.ts";
import type { ServiceIdentity } from "./identity.ts";
import { describeMachine } from "./machine-description.ts";
import { machineScript } from "./machine-script.ts";
import { type Network, ranges } from "./network.ts";
import type { Registry } from "./registry.ts";
import { Volume } from "./volume.ts";

type SingletonsMachineArgs = {
  deployment: CloudRunDeployment;
  /** The single services, and the identities of all services. */
  single: ReadonlyMap<ServiceName, Pair>;
  identities: ReadonlyMap<ServiceName, ServiceIdentity>;
  network: Network;
  registry: Registry;
};

/**
 * The small VM for a stack's single services: Cloud Run would run two writers on one volume. Its system disk keeps no data and
 * updates itself; each service's data is on its own disk. It has no external address, and only the services can reach it. Its
 * workload is described in its metadata and changes without a restart.
 */
export class SingletonsMachine extends pulumi.ComponentResource {
  readonly member: string;

  constructor(name: string, args: SingletonsMachineArgs, options: pulumi.ComponentResourceOptions) {
    super("mahavishnu:cloud-run:SinglesMachine", name, {}, options);
    const { deployment, single, network } = args;
    const { stack, settings } = deployment;
    const cloud = settings.cloudRun;
    const { project, region, zone, machineType } = cloud;
    const description = describeMachine(deployment, single);
    const child = { parent: this };
    const email = accountEmail(singletonsMachine, project);
    this.member = `serviceAccount:${email}`;

    const allowed = this.#identity(name, args);
    const snapshots = new ResourcePolicy(
      `${name}-snapshots`,
      {
        name: named(stack, "daily-snapshots"),
        project,
        region,
        snapshotSchedulePolicy: {
          schedule: { dailySchedule: { daysInCycle: 1, startTime: timeOf(schedules.backup) } },
          retentionPolicy: { maxRetentionDays: settings.backups.daily, onSourceDiskDelete: "KEEP_AUTO_SNAPSHOTS" },
          snapshotProperties: { labels: labelsOf(stack), storageLocations: region },
        },
      },
      child,
    );
    const volumes = [...single.keys()].map(
      (service) => [service, new Volume(`${name}-${service}`, { stack, cloud, service, snapshots }, child)] as const,
    );
    const ports = [...new Set(description.containers.map(({ publishedPort }) => publishedPort))].map(String);
    new Firewall(
      `${name}-callers`,
      {
        name: named(stack, "singles-callers"),
        project,
        network: network.name,
        direction: "INGRESS",
        sourceRanges: [ranges.services],
        targetServiceAccounts: [email],
        allows: [{ protocol: "tcp", ports }],
      },
      child,
    );
    new Instance(
      `${name}-instance`,
      {
        // its name is part of the address in its callers' revisions
        name: singletonsMachine,
        project,
        zone,
        machineType,
        labels: { ...labelsOf(stack), component: "service" },
        bootDisk: {
          initializeParams: {
            image: "projects/cos-cloud/global/images/family/cos-stable",
            size: BOOT_DISK_GB,
            type: "pd-balanced",
          },
        },
        attachedDisks: volumes.map(([service, { disk }]) => ({ source: disk.name, deviceName: service })),
        // no access configuration: no external address
        networkInterfaces: [{ subnetwork: network.machine.name }],
        serviceAccount: { email, scopes: ["https://www.googleapis.com/auth/cloud-platform"] },
        shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
        scheduling: { automaticRestart: true, onHostMaintenance: "MIGRATE" },
        metadata: {
          "user-data": cloudInit(),
          singles: machineScript(description),
          // the workload as data, for policies and people; the script is generated from it
          "singles-description": JSON.stringify(description, null, 2),
          "cos-update-strategy": "update_enabled",
          "google-logging-enabled": "true",
          "google-monitoring-enabled": "true",
          "enable-oslogin": "TRUE",
          "block-project-ssh-keys": "TRUE",
          "serial-port-enable": "FALSE",
        },
        canIpForward: false,
        allowStoppingForUpdate: true,
      },
      {
        ...child,
        dependsOn: allowed,
        // cloud-init runs only at boot; and two VMs cannot share a name or a disk
        replaceOnChanges: ['metadata["user-data"]'],
        deleteBeforeReplace: true,
        hooks: deployment.barrier.hooks,
      },
    );
    this.registerOutputs({});
  }

  /** The VM's own service account: it pulls images, writes logs and metrics, and reads secrets only by impersonating the services. */
  #identity(name: string, { deployment, single, registry, identities }: SingletonsMachineArgs): pulumi.Resource[] {
    const { project, region } = deployment.settings.cloudRun;
    const { member } = this;
    const account = new Account(
      `${name}-account`,
      { accountId: serviceAccountOf(singletonsMachine), project, displayName: "The machine of the single services" },
      { parent: this },
    );
    const child = { parent: this, dependsOn: account };
    return [
      ...["logging.logWriter", "monitoring.metricWriter"].map(
        (role) => new ProjectIamMember(`${name}-${role}`, { project, role: `roles/${role}`, member }, child),
      ),
      new RepositoryIamMember(
        `${name}-images`,
        {
          project,
          location: region,
          repository: registry.repository.name,
          role: "roles/artifactregistry.reader",
          member,
        },
        child,
      ),
      ...[...single.keys()].map(
        (service) =>
          new AccountIamMember(
            `${name}-as-${service}`,
            {
              serviceAccountId: `projects/${project}/serviceAccounts/${accountEmail(service, project)}`,
              role: "roles/iam.serviceAccountTokenCreator",
              member,
            },
            { ...child, dependsOn: [account, identities.get(service) as pulumi.Resource] },
          ),
      ),
    ];
  }
}

/** Space for the images of two revisions of each single service, about 1.3 GB each, and for one backup. */
const BOOT_DISK_GB = 50;
